import type { ChildProcess } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Logger, messageOf } from '../../core/index.ts'
import { converse } from '../hook/conversation.ts'
import { installHooks } from '../hook/scripts.ts'
import type { GitHost } from '../ports.ts'
import { maintainRepository } from '../repository/maintain.ts'
import { type GitAddress, parseGitAddress } from './address.ts'
import { advertise } from './advertise.ts'
import { answer, answerUnauthenticated, CLOSE } from './answers.ts'
import { tokenFrom } from './credentials.ts'
import { exchange } from './exchange.ts'
import { Turnstile } from './turnstile.ts'

export interface GitFrontDoorOptions {
  readonly host: GitHost
  /** A folder of the server's own, such as `<data>/run/git-hooks`; start() fills it. */
  readonly hooksDir: string
  readonly logger: Logger
  /** Most bytes of one push, unpacked from its transfer encoding. */
  readonly maxPushBytes?: number
}

/** Git's smart HTTP, versions 0 to 2: `/<project>.git/{info/refs,git-upload-pack,git-receive-pack}`. */
export interface GitFrontDoor {
  /** `url` is path and query as they came, below the place where the front door is mounted. */
  handle(request: IncomingMessage, response: ServerResponse, url?: string): Promise<void>
  start(): Promise<void>
  /** Lets pushes end (no longer printing their pipelines), ends fetches, and resolves when no git is left. */
  close(): Promise<void>
}

/** A model of some GB with its data set. */
const MAX_PUSH_BYTES = 32 * 2 ** 30
/** What a fetch asks for: 50 bytes for each ref that either side has. */
const MAX_FETCH_REQUEST_BYTES = 64 << 20
/** Each fetch packs with 64 MB of memory and a core or two. */
const MAX_READS = 16
/** A push holds its process while its pipelines are shown, so these mostly sleep. */
const MAX_WRITES = 256
const MAX_WAITING = 500
/** After this long, closing ends git with SIGTERM, on which receive-pack removes its quarantine. */
const CLOSE_DEADLINE_MS = 10_000

type Granted = Extract<Awaited<ReturnType<GitHost['authorize']>>, { kind: 'granted' }>
type Served = Extract<GitAddress, { kind: 'advertise' | 'call' }>

export function gitFrontDoor(options: GitFrontDoorOptions): GitFrontDoor {
  const { host, hooksDir, logger, maxPushBytes = MAX_PUSH_BYTES } = options
  const reads = new Turnstile(MAX_READS, MAX_WAITING)
  const writes = new Turnstile(MAX_WRITES, MAX_WAITING)
  const children = new Set<ChildProcess>()
  const ongoing = new Set<Promise<void>>()
  const closing = new AbortController()

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    url = request.url ?? '',
  ): Promise<void> {
    const address = parseGitAddress(url)
    const problem = problemOf(request, address)
    if (problem !== undefined) return answer(response, problem.status, problem.text, CLOSE)
    const served = address as Served
    const access = served.service === 'git-receive-pack' ? 'write' : 'read'
    const token = tokenFrom(request.headers.authorization)
    const grant = await host.authorize({ repository: served.repository, token, access })
    if (grant.kind === 'unauthenticated') return answerUnauthenticated(response)
    if (grant.kind === 'refused') {
      return answer(response, 403, [grant.message, grant.hint].filter(Boolean).join('\n'), CLOSE)
    }
    const leave = await (access === 'write' && served.kind === 'call' ? writes : reads).enter()
    if (leave === undefined) {
      return answer(response, 503, 'Too many fetches and pushes at once.', { ...CLOSE, 'Retry-After': '5' })
    }
    try {
      if (!response.destroyed) await serve(request, response, served, grant)
    } finally {
      leave()
    }
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    { kind, service, repository }: Served,
    grant: Granted,
  ): Promise<void> {
    const protocol = protocolOf(request)
    if (kind === 'advertise') {
      const complaint = await advertise(response, service, grant.directory, protocol)
      if (complaint) logger.error({ repository, complaint }, 'A repository could not be advertised')
    } else if (service === 'git-receive-pack') await push(request, response, protocol, repository, grant)
    else {
      const { exitCode, complaint } = await exchange(request, response, {
        service,
        directory: grant.directory,
        protocol,
        maxBytes: MAX_FETCH_REQUEST_BYTES,
        onGone: () => undefined,
        onStart: keep,
      })
      if (exitCode !== 0) logger.warn({ repository, exitCode, complaint }, 'A fetch failed')
    }
  }

  async function push(
    request: IncomingMessage,
    response: ServerResponse,
    protocol: string | undefined,
    repository: string,
    { project, principal, directory }: Granted,
  ): Promise<void> {
    const gone = new AbortController()
    const signal = AbortSignal.any([gone.signal, closing.signal])
    let talk: ReturnType<typeof converse> | undefined
    const { exitCode, upload, complaint } = await exchange(request, response, {
      service: 'git-receive-pack',
      directory,
      protocol,
      maxBytes: maxPushBytes,
      hooksDir,
      onGone: () => gone.abort(),
      onStart: keep,
      onHooks: channel => {
        talk = converse(channel, { host, project, principal, directory, signal, logger })
        talk.catch(() => undefined)
      },
    })
    const { accepted, told } = await talk!
    if (accepted !== undefined && !told) await host.pushEnded?.(accepted)
    const facts = { repository, principal, push: accepted, exitCode, upload: upload.kind }
    if (exitCode === 0 && upload.kind === 'complete') logger.info(facts, 'A push ended')
    else logger.warn({ ...facts, complaint }, 'A push was cut off or failed')
    if (told) void follow(maintain(directory))
  }

  async function maintain(directory: string): Promise<void> {
    await maintainRepository(directory).catch(error =>
      logger.warn({ directory, error: messageOf(error) }, 'A repository could not be packed'),
    )
  }

  function keep(child: ChildProcess): void {
    children.add(child)
    child.once('close', () => children.delete(child))
  }

  async function follow(work: Promise<void>): Promise<void> {
    ongoing.add(work)
    await work.finally(() => ongoing.delete(work))
  }

  return {
    start: () => installHooks(hooksDir),
    async handle(request, response, url) {
      if (closing.signal.aborted) return answer(response, 503, 'Ballast is stopping; try again.', CLOSE)
      response.on('error', () => undefined)
      await follow(
        handle(request, response, url).catch(error => {
          logger.error({ url: request.url, error: messageOf(error) }, 'A Git request failed')
          answer(response, 500, 'Ballast could not answer because of an error of its own.', CLOSE)
        }),
      )
    },
    async close() {
      closing.abort()
      const end = setTimeout(() => {
        for (const child of children) child.kill('SIGTERM')
      }, CLOSE_DEADLINE_MS)
      await Promise.allSettled(ongoing)
      clearTimeout(end)
    },
  }
}

/** What is wrong with a request whoever sends it: the same answer whether the repository exists or not. */
function problemOf(
  request: IncomingMessage,
  address: GitAddress,
): { readonly status: number; readonly text: string } | undefined {
  if (address.kind === 'unknown') return { status: 404, text: 'There is nothing here.' }
  if (address.kind === 'too old')
    return { status: 403, text: "Use a git client that speaks 'smart HTTP' (1.6.6 or later)." }
  const method = address.kind === 'advertise' ? 'GET' : 'POST'
  if (request.method !== method) return { status: 405, text: `Use ${method} here.` }
  if (address.kind === 'advertise') return undefined
  // Also what keeps a form on some web page from sending a push with a browser's stored password.
  const type = `application/x-${address.service}-request`
  if (request.headers['content-type'] !== type) return { status: 415, text: `Expected Content-Type ${type}.` }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (!/^(identity|(x-)?gzip)$/i.test(encoding))
    return { status: 415, text: `Content-Encoding ${encoding} is not understood.` }
  return undefined
}

/** Git-Protocol, such as `version=2`, where it is what git sends; anything else is ignored, as git does. */
function protocolOf(request: IncomingMessage): string | undefined {
  const header = request.headers['git-protocol']
  return typeof header === 'string' && /^[a-z0-9=:._-]{1,100}$/i.test(header) ? header : undefined
}
