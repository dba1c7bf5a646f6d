import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { JobImage } from '../../received.ts'
import type { Confinement, Executor, ExecutorPreparing, Places } from '../executor.ts'
import { INSIDE, jobArguments, signalScript } from './arguments.ts'
import type { Engine } from './engine.ts'
import { ensureImage, loginOf } from './image.ts'
import { attemptIn } from './names.ts'
import { startServices } from './services.ts'

const run = promisify(execFile)
/** A workspace may have a million files. */
const MAX_RECLAIM_MS = 10 * 60_000

export interface ContainerOptions {
  readonly engine: Engine
  /** Begins the names of all that this runner makes, and of nothing else: `prefixOf(dataDir)`. */
  readonly prefix: string
  /** For jobs that name none. */
  readonly defaultImage: JobImage | undefined
  /** What jobs write belongs to another user, whom only a container may become: docker without root. */
  readonly foreignOwner: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * Each job in a container of its image, with its services beside it in a network of their own. The image's user,
 * environment and home are kept. Places are open to whatever user the image has; the folders above them are not.
 */
export function containerExecutor(options: ContainerOptions): Executor {
  const { engine, prefix, defaultImage } = options
  const imageOf = ({ image }: Confinement): JobImage | undefined => image ?? defaultImage
  /** Attempts of this process that have no more than their container. */
  const alone = new Set<string>()
  return {
    kind: 'container',
    umask: '0000',
    // Of an image whose user is another than the owner of the workspace, Git would want to know why.
    usual: ({ tmp }) => ({
      TMPDIR: tmp,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    }),
    seen: () => INSIDE,
    owner: () => undefined,
    refusal: confinement =>
      imageOf(confinement)
        ? undefined
        : 'the job names no image, and the runner has no default one (--image)',
    async prepare(places, confinement, preparing) {
      const { services = [], attempt, network } = confinement
      if (services.length === 0) alone.add(attempt)
      const folder = engineFolder(places)
      const image = imageOf(confinement)!
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, 'image'), image.name)
      await ensureImages(engine, [image, ...services], folder, preparing)
      await openPlaces(places)
      if (services.length === 0) return
      const { env, say, signal } = preparing
      const [name, labels] = [prefix + attempt, labelsOf(prefix, attempt)]
      await startServices({ engine, name, labels, services, env, network, folder, say, signal })
    },
    command: (places, confinement) => {
      const { attempt, services = [] } = confinement
      const name = prefix + attempt
      const network = services.length > 0 ? name : undefined
      const labels = labelsOf(prefix, attempt)
      const image = imageOf(confinement)!
      const args = jobArguments({ engine: engine.name, name, labels, image, places, confinement, network })
      return [...engine.command, ...args]
    },
    async signal({ attempt }, signal, spareDriver) {
      const name = prefix + attempt
      if (signal === 'SIGKILL' && !spareDriver) await engine.call(['kill', '--signal', 'KILL', name])
      else
        await engine.call([
          'exec',
          '--user',
          '0',
          name,
          '/bin/sh',
          '-c',
          signalScript(signal.slice('SIG'.length)),
        ])
    },
    async sweep({ attempt, places }, lost) {
      if (lost || !alone.delete(attempt)) await removeAll(engine, prefix, attempt)
      else await remove(engine, [prefix + attempt])
      if (options.foreignOwner) await reclaim(engine, prefix + attempt, places, options.foreignOwner)
    },
    async sweepOthers(kept) {
      const names = [...(await containers(engine, prefix)), ...(await networks(engine, prefix))]
      const attempts = new Set(names.map(name => attemptIn(name, prefix)!))
      for (const attempt of attempts) if (!kept.has(attempt)) await removeAll(engine, prefix, attempt)
    },
  }
}

function labelsOf(prefix: string, attempt: string): readonly string[] {
  return [`ballast.runner=${prefix}`, `ballast.attempt=${attempt}`]
}

/** For files that only the engine's client reads, beside the places. */
function engineFolder({ given }: Places): string {
  return join(dirname(given), 'engine')
}

async function ensureImages(
  engine: Engine,
  images: readonly JobImage[],
  folder: string,
  { env, say, signal }: ExecutorPreparing,
): Promise<void> {
  const login = await loginOf(engine, folder, env['DOCKER_AUTH_CONFIG'])
  for (const image of images) await ensureImage({ engine, image, login, say, signal })
}

/** For whatever user the image has. */
async function openPlaces({ workspace, home, tmp, given, out }: Places): Promise<void> {
  await run('chmod', ['-R', 'a+rwX', '--', workspace, home, out])
  await run('chmod', ['-R', 'a+rX', '--', given])
  await chmod(tmp, 0o1777)
}

/** Makes what a job wrote ours again, by the only one who may: root of a container. */
async function reclaim(
  engine: Engine,
  name: string,
  places: Places,
  { uid, gid }: NonNullable<ContainerOptions['foreignOwner']>,
): Promise<void> {
  const image = await readFile(join(engineFolder(places), 'image'), 'utf8').catch(() => undefined)
  if (image === undefined) return
  const mounts = Object.values(places).flatMap(place => ['--volume', `${place}:${place}`])
  const work = [
    '--user',
    '0',
    '--entrypoint',
    '/bin/sh',
    '--network',
    'none',
    '--pull',
    'never',
    ...mounts,
    image,
  ]
  await engine.call(
    ['run', '--rm', '--name', `${name}.owner`, ...work, '-c', 'chown -R "$@"', 'sh', `${uid}:${gid}`].concat(
      Object.values(places),
    ),
    { maxMs: MAX_RECLAIM_MS },
  )
}

async function removeAll(engine: Engine, prefix: string, attempt: string): Promise<void> {
  const names = await containers(engine, prefix)
  await remove(
    engine,
    names.filter(name => attemptIn(name, prefix) === attempt),
  )
  await engine.call(['network', 'rm', prefix + attempt])
}

/** Those that are gone already are no failure. */
async function remove(engine: Engine, names: readonly string[]): Promise<void> {
  // Podman would ask each to end, and wait ten seconds; docker kills.
  const atOnce = engine.name === 'podman' ? ['--time', '0'] : []
  if (names.length > 0) await engine.call(['rm', '--force', ...atOnce, '--volumes', ...names])
}

async function containers(engine: Engine, prefix: string): Promise<readonly string[]> {
  return own(engine, prefix, ['ps', '--all', '--format', '{{.Names}}'])
}

async function networks(engine: Engine, prefix: string): Promise<readonly string[]> {
  return own(engine, prefix, ['network', 'ls', '--format', '{{.Name}}'])
}

async function own(engine: Engine, prefix: string, list: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await engine.call([...list, '--filter', `label=ballast.runner=${prefix}`])
  return stdout.split('\n').filter(name => name.startsWith(prefix))
}
