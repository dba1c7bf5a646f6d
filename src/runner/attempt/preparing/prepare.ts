import { chown, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Offer, StageInput } from '../../../api/index.ts'
import type { Digest } from '../../../core/index.ts'
import { untilReached } from '../../control/backoff.ts'
import type { AttemptRoutes } from '../../control/control-plane.ts'
import { RunnerError } from '../../errors.ts'
import type { Confinement, Executor, Places } from '../../executors/executor.ts'
import type { Entry } from '../../options.ts'
import { jobEnvironment } from '../../script/environment.ts'
import { giveFileVariables } from '../../script/file-variables.ts'
import { jobScript } from '../../script/job-script.ts'
import { settable } from '../../script/quote.ts'
import { fetchFile } from '../../workspace/blobs.ts'
import { laySource } from '../../workspace/lay.ts'
import type { SourceCache } from '../../workspace/sources/sources.ts'
import type { AttemptFolder } from '../folder.ts'
import { type RunnerCaches, restoreJobCaches } from './job-caches.ts'
import { layLfsFiles, untilWhole } from './lfs-files.ts'
import { laySubmodules, namesIn } from './submodules.ts'

/** Where stages hand evidence on to each other, in the workspace. */
const HANDOVER = '.ballast'

/**
 * `input.json` of a stage: what the control plane says, and where things lie (absolute paths as the stage
 * sees them). The command is
 *
 *   node <script> stage <stage> --input <input.json> --output <result.json>
 *
 * in the workspace. It writes `stageResultSchema` (16 MiB at most) and ends with 0 when it could judge, whatever
 * the verdict. Names in `manifest.files` are paths relative to the workspace; the runner puts those files.
 */
export type StageInputFile = StageInput & {
  readonly workspace: string
  /** Holds `production.files` under their names; present when `production` is. */
  readonly productionDir?: string
}

export interface Preparing {
  readonly folder: AttemptFolder
  readonly routes: AttemptRoutes
  readonly sources: SourceCache
  readonly caches: RunnerCaches
  readonly executor: Executor
  readonly entry: Entry
  /** What a stage may read besides: the installation. */
  readonly installation: readonly string[]
  readonly signal: AbortSignal
}

/** Lays out everything that a job needs; gives the command that runs it. */
export async function prepare(preparing: Preparing): Promise<readonly string[]> {
  const { folder, executor } = preparing
  const { offer, places } = folder
  const confinement = confinementOf(preparing)
  const refusal = offer.work.kind === 'script' ? executor.refusal(confinement) : undefined
  if (refusal !== undefined) throw unsupported(refusal)
  const owner = executor.owner(confinement)
  if (owner !== undefined) for (const place of Object.values(places)) await chown(place, owner, owner)
  if (offer.source !== 'none')
    await folder.section('get_sources', 'Sources', () => laySourceOf(preparing, owner))
  // Evidence comes from stages: what a commit holds under that name is somebody's claim.
  if (offer.work.kind === 'stage')
    await rm(join(places.workspace, HANDOVER), { recursive: true, force: true })
  // Before the files of earlier jobs: those are newer than any cache.
  await restoreJobCaches(folder, preparing.caches, owner)
  if (offer.inputs.length > 0) {
    await folder.section('download_artifacts', 'Artifacts of earlier jobs', () => layInputs(preparing, owner))
  }
  if (offer.work.kind === 'stage') await giveStageInput(preparing, offer.work.input, owner)
  const ignored = Object.keys(offer.env).filter(name => !settable(name))
  if (ignored.length > 0)
    await folder.say(`not set, because no shell can hold such names: ${ignored.join(', ').slice(0, 500)}`)
  const seen = executor.seen(places)
  const files = await giveFileVariables(places, seen, offer.files ?? {}, owner)
  await give(places, 'job.sh', scriptOf(preparing, seen, files), owner)
  await prepareExecutor(preparing, confinement)
  return executor.command(places, confinement)
}

function confinementOf({ folder, installation }: Preparing): Confinement {
  const { offer, slot } = folder
  const { attempt, image, services, resources, network = true, readOnlyRoot } = offer
  if (offer.work.kind === 'stage') return { network: false, readable: installation, slot, attempt }
  return {
    network,
    readable: [],
    slot,
    attempt,
    ...(readOnlyRoot !== undefined && { readOnlyRoot }),
    ...(image && { image }),
    ...(services && { services }),
    ...(resources && { resources }),
  }
}

async function prepareExecutor(
  { folder, executor, signal }: Preparing,
  confinement: Confinement,
): Promise<void> {
  const { image, services = [] } = folder.offer
  if (!executor.prepare) {
    if (image)
      await folder.say(`the image ${image.name} is not used: jobs are processes of this machine here`)
    if (services.length > 0)
      await folder.say(`services are not started here: ${services.map(({ name }) => name).join(', ')}`)
    return
  }
  const say = (line: string): Promise<void> => folder.say(line)
  await folder.section('prepare_executor', 'Containers', async () =>
    executor.prepare?.(folder.places, confinement, { env: folder.offer.env, say, signal }),
  )
}

function unsupported(reason: string): RunnerError {
  return new RunnerError('CONFINEMENT_UNSUPPORTED', {
    message: `This runner can't run the job: ${reason}`,
    hint: 'Give the job a label that only suitable runners have, or install bubblewrap on this one.',
  })
}

async function layInputs(preparing: Preparing, owner: number | undefined): Promise<void> {
  const { offer, places } = preparing.folder
  for (const input of offer.inputs) {
    await fetchInto(preparing, places.workspace, { ...input, digest: input.digest as Digest }, owner)
  }
}

async function laySourceOf(
  { folder, routes, sources, caches, signal }: Preparing,
  owner: number | undefined,
): Promise<void> {
  const { gitDepth } = folder.offer
  const source = await untilReached(signal, () =>
    sources.use(folder.offer, () => routes.source(signal, gitDepth)),
  )
  try {
    await laySource(source, folder.places.workspace, owner)
    const below = await laySubmodules({ folder, routes, sources, signal }, owner)
    if (asksForUntracked(folder.offer)) await folder.recordTracked([...namesIn(source), ...below])
  } finally {
    source.release()
  }
  if (folder.offer.lfs) await layLfsFiles(folder, routes, caches.store, { signal, owner })
}

function asksForUntracked({ caches = [], artifactRules }: Offer): boolean {
  return artifactRules?.untracked === true || caches.some(({ untracked }) => untracked)
}

async function giveStageInput(
  preparing: Preparing,
  input: StageInput,
  owner: number | undefined,
): Promise<void> {
  const { places } = preparing.folder
  const seen = preparing.executor.seen(places)
  for (const { name, digest, size } of input.production?.files ?? []) {
    const file = { path: `production/${name}`, digest: digest as Digest, size, executable: false }
    await fetchInto(preparing, places.given, file, owner)
  }
  const content: StageInputFile = {
    ...input,
    workspace: seen.workspace,
    ...(input.production && { productionDir: join(seen.given, 'production') }),
  }
  await give(places, 'input.json', JSON.stringify(content), owner)
}

async function fetchInto(
  { routes, signal }: Preparing,
  folder: string,
  file: Parameters<typeof fetchFile>[1],
  owner: number | undefined,
): Promise<void> {
  await untilWhole(signal, () => fetchFile(folder, file, digest => routes.blob(digest, signal), owner))
}

async function give(places: Places, name: string, content: string, owner: number | undefined): Promise<void> {
  const path = join(places.given, name)
  await writeFile(path, content, { mode: 0o400 })
  if (owner !== undefined) await chown(path, owner, owner)
}

function scriptOf(
  { folder, executor, entry }: Preparing,
  seen: Places,
  files: Readonly<Record<string, string>>,
): string {
  const { offer } = folder
  const { attempt, env } = offer
  return jobScript({
    folder: seen.workspace,
    out: seen.out,
    given: seen.given,
    env: jobEnvironment({ executor, seen, attempt, env, files }),
    ...(executor.umask !== undefined && { umask: executor.umask }),
    run:
      offer.work.kind === 'script'
        ? { ...offer.work, kind: 'phases' }
        : { kind: 'command', command: stageCommand(entry, offer.work.input.stage, seen) },
  })
}

function stageCommand({ node, script }: Entry, stage: string, seen: Places): readonly string[] {
  const [input, output] = [join(seen.given, 'input.json'), join(seen.out, 'result.json')]
  return [node, script, 'stage', stage, '--input', input, '--output', output]
}
