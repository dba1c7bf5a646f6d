import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { gitEnvironment } from '../process/environment.ts'
import { keepStart, unavailable } from '../process/run.ts'
import type { GitService } from './address.ts'
import { answer, CLOSE } from './answers.ts'
import { feedUpload, type UploadEnd } from './upload.ts'

const MAX_COMPLAINT = 4096

export interface ExchangeOptions {
  readonly service: GitService
  readonly directory: string
  readonly protocol: string | undefined
  readonly maxBytes: number
  /** Names the hooks' folder; only a push has one. */
  readonly hooksDir?: string
  /** Called with the descriptor that hooks inherit, as soon as git runs. */
  readonly onHooks?: (channel: Duplex) => void
  /** Called once when the client goes away before its answer was complete. */
  readonly onGone: () => void
  readonly onStart?: (child: ChildProcess) => void
}

export interface ExchangeEnd {
  readonly exitCode: number | null
  readonly upload: UploadEnd
  readonly complaint: string
}

/**
 * One stateless call: body to git, git's output to the client, both at the pace of the slower side. When the client
 * goes away, reading git's output goes on (a closed pipe would kill receive-pack in the middle and leave its
 * quarantine behind), so refs, hooks and pipelines end as they would have.
 */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Promise<ExchangeEnd> {
  const { service, directory, protocol, hooksDir } = options
  const pushes = hooksDir !== undefined
  const config = pushes ? ([['core.hooksPath', hooksDir]] as const) : []
  const child = spawn('git', [service.slice('git-'.length), '--stateless-rpc', directory], {
    env: gitEnvironment({ config, ...(protocol !== undefined && { protocol }) }),
    cwd: '/',
    // The fourth is a socket that receive-pack never looks at and its hooks inherit: their line to the server.
    stdio: ['pipe', 'pipe', 'pipe', pushes ? 'pipe' : 'ignore'],
  })
  const exited = once(child, 'close').catch(cause => {
    throw unavailable(cause)
  }) as Promise<[number | null]>
  exited.catch(() => undefined)
  const { stdin, stdout, stderr } = child as ChildProcessWithoutNullStreams
  options.onStart?.(child)
  if (pushes) options.onHooks?.(child.stdio[3] as Duplex)
  const complaint = keepStart(stderr, MAX_COMPLAINT)

  response.once('close', () => {
    if (response.writableFinished) return
    stdout.unpipe(response)
    stdout.resume()
    if (!pushes) child.kill()
    options.onGone()
  })
  stdout.once('data', first => {
    if (!response.headersSent && !response.destroyed) {
      response.writeHead(200, {
        'Content-Type': `application/x-${service}-result`,
        'Cache-Control': 'no-cache',
      })
      response.write(first)
      stdout.pipe(response, { end: false })
    }
  })

  const uploading = feedUpload(request, stdin, options.maxBytes)
  const [exitCode] = await exited
  // git may end before the body does (a bad object in a long pack): the rest is read and dropped, because a client
  // that is still sending would not read the answer.
  const upload = await uploading
  finish(response, { exitCode, upload, complaint: complaint() })
  return { exitCode, upload, complaint: complaint() }
}

function finish(response: ServerResponse, { upload, exitCode }: ExchangeEnd): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.end()
    return
  }
  if (upload.kind === 'too large') {
    answer(response, 413, `More than ${upload.limit} bytes were sent; nothing was kept.`, CLOSE)
  } else if (upload.kind === 'unreadable') {
    answer(response, 400, `The body could not be unpacked: ${upload.reason}`, CLOSE)
  } else if (upload.kind === 'abandoned') response.destroy()
  else if (exitCode === 0) answer(response, 200, '')
  else answer(response, 400, 'git could not read this request.', CLOSE)
}
