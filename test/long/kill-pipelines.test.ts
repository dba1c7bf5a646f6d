import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, onTestFailed, test } from 'vitest'
import { z } from 'zod'
import {
  type JobView,
  type PipelineView,
  pipelineSummarySchema,
  pipelineViewSchema,
} from '../../src/api/index.ts'
import { GitFolder, remoteOf } from './world/git-folder.ts'
import { Installation } from './world/installation.ts'
import { kill } from './world/killer.ts'
import { randomBy } from './world/random.ts'
import { until } from './world/until.ts'

/** `BALLAST_SEED=n` tries other moments. */
const SEED = Number(process.env['BALLAST_SEED'] ?? 20_264)
/** `BALLAST_PIPELINES=n` tries fewer, or more. */
const PIPELINES = Number(process.env['BALLAST_PIPELINES'] ?? 100)
/** So many branches in one push. */
const WAVE = 10
const LINES = 25
const LONGEST_PAUSE_MS = 4000
const PUSH_DEADLINE_MS = 120_000
const END_DEADLINE_MS = 900_000
const TEST_MS = 1_200_000
const PROJECT = 'team/code'

/** Every way in which a job can start and end, as GitLab's reference has them; each says its lines. */
const CI = `
.talk: &talk
  - i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo "line $i"; sleep 0.01; done
stages: [build, test, release]
build:
  stage: build
  script: [*talk, echo made > made.txt]
  artifacts: { paths: [made.txt] }
unit:
  stage: test
  parallel: 2
  script: [*talk, test "$(cat made.txt)" = made]
  after_script: [echo after]
lint:
  stage: test
  needs: []
  allow_failure: true
  script: [*talk, exit 3]
again:
  stage: test
  retry: 1
  allow_failure: true
  script: [*talk, exit 4]
repair:
  stage: release
  when: on_failure
  script: [*talk]
publish:
  stage: release
  needs: [build, unit]
  script: [*talk]
report:
  stage: release
  when: always
  script: [*talk]
`

/** What each job comes to, and how many of its attempts were tried to their end. */
const EXPECTED: Readonly<Record<string, readonly [state: string, tries: number]>> = {
  build: ['succeeded', 1],
  'unit 1/2': ['succeeded', 1],
  'unit 2/2': ['succeeded', 1],
  lint: ['failed', 1],
  again: ['failed', 2],
  repair: ['skipped', 0],
  publish: ['succeeded', 1],
  report: ['succeeded', 1],
}

let made: Installation | undefined
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await made?.lastWords())
  await made?.remove()
  made = undefined
})

test(
  `${PIPELINES} pipelines while server and runner are killed at random: each ends as it would have`,
  async () => {
    const random = randomBy(SEED)
    const kills: string[] = []
    onTestFailed(() => console.error(`seed ${SEED}: ${kills.join('; ')}`))
    made = await Installation.start()
    const installation = made
    const branches = Array.from({ length: PIPELINES }, (_, i) => `branch-${i + 1}`)
    let ended = false
    const killing = (async () => {
      while (!ended) {
        const victim = random() < 0.5 ? 'server' : 'runner'
        const { during } = await kill(
          installation,
          { victim, pauseMs: 500 + random() * LONGEST_PAUSE_MS },
          PROJECT,
        )
        kills.push(`${victim} during ${during}`)
      }
    })()
    // Awaited below; until then a failure must not end the process.
    killing.catch(() => undefined)
    try {
      await pushAll(installation, branches)
      await until('the end of all pipelines', () => allEnded(installation), END_DEADLINE_MS)
    } finally {
      ended = true
      await killing
    }
    console.log(`seed ${SEED}: ${kills.length} kills over ${PIPELINES} pipelines`)
    expect(kills.length).toBeGreaterThan(PIPELINES / 20)

    const all = await summaries(installation)
    expect(all.map(({ ref }) => ref).toSorted()).toEqual(
      branches.map(name => `refs/heads/${name}`).toSorted(),
    )
    for (const { id } of all) await expectRight(installation, id, kills.length)
  },
  TEST_MS,
)

async function pushAll(installation: Installation, branches: readonly string[]): Promise<void> {
  const folder = join(installation.folder, 'clone')
  await mkdir(folder)
  const clone = new GitFolder(folder)
  await clone.git('init', '--quiet', '--initial-branch', 'main')
  await clone.git('remote', 'add', 'ballast', remoteOf(installation, PROJECT))
  await writeFile(join(folder, '.gitlab-ci.yml'), CI)
  await clone.git('add', '--all')
  await clone.git('commit', '--quiet', '--message', 'Jobs')
  for (let i = 0; i < branches.length; i += WAVE) {
    const wave = branches.slice(i, i + WAVE)
    for (const name of wave) {
      await clone.git('checkout', '--quiet', '-b', name, 'main')
      await writeFile(join(folder, 'name.txt'), name)
      await clone.git('add', '--all')
      await clone.git('commit', '--quiet', '--message', name)
    }
    // A push may be cut off by a kill; git tells then what is missing, and pushes that.
    await until(
      `the push of ${wave[0]} and those after it`,
      async () => {
        const { ok } = await clone.run('push', '--quiet', 'ballast', ...wave)
        return ok || undefined
      },
      PUSH_DEADLINE_MS,
    )
  }
}

const summarySchema = z.array(pipelineSummarySchema)

async function summaries({ api }: Installation): Promise<z.infer<typeof summarySchema>> {
  const all = []
  for (let before = ''; ; ) {
    const page = await api.get(
      `/projects/${encodeURIComponent(PROJECT)}/pipelines?limit=50${before && `&before=${before}`}`,
      summarySchema,
    )
    all.push(...page)
    if (page.length < 50) return all
    before = page.at(-1)!.id
  }
}

async function allEnded(installation: Installation): Promise<true | undefined> {
  const all = await summaries(installation)
  return (all.length === PIPELINES && all.every(({ state }) => state !== 'running')) || undefined
}

async function expectRight(installation: Installation, id: string, kills: number): Promise<void> {
  const pipeline: PipelineView = await installation.api.get(`/pipelines/${id}`, pipelineViewSchema)
  expect(pipeline.state, pipeline.ref).toBe('succeeded')
  expect(pipeline.jobs.map(({ name }) => name).toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
  for (const job of pipeline.jobs) await expectJob(installation, job, kills)
}

/** One success or the failures that are due, beside attempts that died with a server before a runner heard of them. */
async function expectJob(installation: Installation, job: JobView, kills: number): Promise<void> {
  const [state, tries] = EXPECTED[job.name]!
  const tried = job.attempts.filter(attempt => attempt.state !== 'lost')
  const seen = { name: job.name, state: job.state, tries: tried.map(attempt => attempt.state) }
  const each = state === 'skipped' ? [] : Array<string>(tries).fill(state)
  expect(seen).toEqual({ name: job.name, state, tries: each })
  const lost = job.attempts.filter(attempt => attempt.state === 'lost')
  expect(
    lost.filter(({ startedAt }) => startedAt !== null),
    `${job.name}: lost after it ran`,
  ).toEqual([])
  expect(lost.length).toBeLessThanOrEqual(kills)
  for (const attempt of tried) {
    const log = await (await installation.api.stream(`/attempts/${attempt.id}/log`)).text()
    const lines = log.split('\n').filter(line => /^line \d+\r?$/.test(line))
    expect(
      lines.map(line => line.trim()),
      job.name,
    ).toEqual(Array.from({ length: LINES }, (_, i) => `line ${i + 1}`))
  }
}
