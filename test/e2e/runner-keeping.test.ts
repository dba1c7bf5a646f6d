import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArtifactRulesWire, Offer, OfferedCache } from '../../src/api/index.ts'
import { detectSandbox, type SandboxKind } from '../../src/runner/index.ts'
import { FakeControlPlane, RUNNER_TOKEN } from './runner-world/control-plane.ts'
import { runnerHere } from './runner-world/here.ts'

const report = await detectSandbox()
const works: Record<SandboxKind, boolean> = {
  bubblewrap: report.bubblewrap.works,
  uid: report.uid.works,
  none: true,
}

let plane: FakeControlPlane
let dataDir: string
let stops: (() => Promise<void>)[]
beforeEach(async () => {
  plane = await new FakeControlPlane().open()
  dataDir = await mkdtemp(join(tmpdir(), 'ballast-runner-test-'))
  stops = []
})
afterEach(async () => {
  for (const stop of stops) await stop()
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
})

function startRunner(sandbox: SandboxKind): void {
  stops.push(runnerHere({ serverUrl: plane.url, token: RUNNER_TOKEN, dataDir, sandbox }).stop)
}

const CACHE: OfferedCache = {
  key: 'main-npm',
  fallbackKeys: [],
  paths: ['deps/'],
  untracked: false,
  policy: 'pull-push',
  when: 'on_success',
}
const RULES: ArtifactRulesWire = {
  exclude: [],
  untracked: false,
  when: 'on_success',
  reports: [],
  mayMiss: true,
}

async function ends(offer: Partial<Offer> & { readonly steps?: readonly string[] }) {
  const given = plane.offer(offer)
  const finish = await plane.finished(given)
  return { finish, log: given.log.toString() }
}

describe.each(['bubblewrap', 'uid', 'none'] as const)('with %s', sandbox => {
  const it = works[sandbox] ? test : test.skip

  it('a job finds what an earlier one cached, may write to it, and the cache stays as it was', async () => {
    startRunner(sandbox)
    const first = await ends({
      caches: [CACHE],
      steps: [
        'mkdir -p deps/bin',
        'echo 1 > deps/bin/tool',
        'chmod 755 deps/bin/tool',
        'ln -s bin/tool deps/t',
      ],
    })
    expect(first.finish.outcome, first.log).toBe('succeeded')
    expect(first.log).toContain("No cache for 'main-npm'")
    expect(first.log).toContain("Saved cache 'main-npm' (2 files, 2 B)")
    const steps = ['cat deps/t', 'test -x deps/bin/tool', 'echo 2 >> deps/bin/tool', 'rm deps/t']
    for (const cache of [{ ...CACHE, policy: 'pull' as const }, CACHE]) {
      const { finish, log } = await ends({ caches: [cache], steps })
      expect(finish.outcome, log).toBe('succeeded')
      expect(log).toContain("Restored cache 'main-npm' (2 files, 2 B)")
    }
  })

  it('a job that fails keeps what its rules say, and its reports are read', async () => {
    startRunner(sandbox)
    const junit =
      '<testsuite><testcase name="adds"><failure message="hunter22 leaked"/></testcase></testsuite>'
    const { finish, log } = await ends({
      steps: ['echo log > out.txt', 'echo tmp > out.tmp', `echo '${junit}' > junit.xml`, 'exit 3'],
      secrets: ['hunter22'],
      artifacts: ['out.*', 'none/'],
      artifactRules: {
        ...RULES,
        when: 'on_failure',
        exclude: ['*.tmp'],
        reports: [{ kind: 'junit', paths: ['junit.xml'] }],
      },
    })
    expect(finish, log).toMatchObject({
      outcome: 'failed',
      exitCode: 3,
      artifacts: [{ path: 'junit.xml', reportOnly: true }, { path: 'out.txt' }],
      reports: [{ kind: 'junit', path: 'junit.xml' }],
      reportSummaries: {
        tests: { tests: 1, failures: 1, failed: [{ message: expect.stringContaining('[redacted') }] },
      },
    })
    expect(JSON.stringify(finish)).not.toContain('hunter22')
    expect(log).toContain("artifacts: 'none/' matches nothing")
  })

  it('a job keeps what the commit does not hold', async () => {
    startRunner(sandbox)
    const { finish } = await ends({
      steps: ['echo changed > hello.txt', 'echo made > made.txt'],
      artifactRules: { ...RULES, untracked: true },
    })
    expect(finish.artifacts.map(({ path }) => path)).toEqual(['made.txt'])
  })
})

test('variables for later jobs are told, and what is none fails the job', async () => {
  startRunner('none')
  const artifactRules: ArtifactRulesWire = { ...RULES, reports: [{ kind: 'dotenv', paths: ['build.env'] }] }
  const good = await ends({ steps: ['echo VERSION=1.2 > build.env'], artifactRules })
  expect(good.finish.reportSummaries?.variables).toEqual([{ name: 'VERSION', value: '1.2' }])
  const bad = await ends({ steps: ['echo "not a variable" > build.env'], artifactRules })
  expect(bad.finish).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('line 1: expected NAME=value, found no ='),
  })
})
