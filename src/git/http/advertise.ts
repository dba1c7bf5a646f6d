import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { gitEnvironment } from '../process/environment.ts'
import { keepStart, unavailable } from '../process/run.ts'
import type { GitService } from './address.ts'
import { answer } from './answers.ts'

/**
 * The first answer of a fetch or push: what the repository offers. Gives git's complaint when it failed.
 * Protocol: gitprotocol-http(5), "Smart Clients"; version 2 of upload-pack has no `# service` line.
 */
export async function advertise(
  response: ServerResponse,
  service: GitService,
  directory: string,
  protocol: string | undefined,
): Promise<string | undefined> {
  const child = spawn(
    'git',
    [service.slice('git-'.length), '--stateless-rpc', '--advertise-refs', directory],
    {
      env: gitEnvironment(protocol === undefined ? {} : { protocol }),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const complaint = keepStart(child.stderr, 4096)
  const exited = once(child, 'close').catch(cause => {
    throw unavailable(cause)
  }) as Promise<[number | null]>
  exited.catch(() => undefined)
  child.stdout.once('data', (first: Buffer) => {
    child.stdout.pause()
    response.writeHead(200, {
      'Content-Type': `application/x-${service}-advertisement`,
      'Cache-Control': 'no-cache, max-age=0, must-revalidate',
    })
    if (!(service === 'git-upload-pack' && isVersion2(protocol))) response.write(serviceLine(service))
    response.write(first)
    // A client that goes away closes the pipe and git ends: nothing is half-done in an advertisement.
    pipeline(child.stdout, response).catch(() => child.kill())
  })
  const [exitCode] = await exited
  if (exitCode === 0 && response.headersSent) return undefined
  if (!response.headersSent) answer(response, 500, 'The repository could not be read.')
  return complaint() || `status ${exitCode}`
}

function isVersion2(protocol: string | undefined): boolean {
  return protocol?.split(':').includes('version=2') ?? false
}

/** One pkt-line and a flush. */
function serviceLine(service: GitService): string {
  const line = `# service=${service}\n`
  return `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`
}
