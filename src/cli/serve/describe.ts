import { isIP } from 'node:net'
import { clean } from '../output/clean.ts'
import { paint } from '../report.ts'
import { exampleOf, type Metadata, metadataOf } from './examples.ts'
import type { Failure, ServedVersion } from './models.ts'
import type { Removed, Session } from './session.ts'

/** What serves, for people and machines. */
export interface Summary {
  readonly url: string
  readonly models: readonly {
    readonly name: string
    /** Ascending; the last answers where none is asked for. */
    readonly versions: readonly number[]
    readonly url: string
    readonly inputs: Metadata['inputs']
    readonly outputs: Metadata['outputs']
    /** A command that works as it stands. */
    readonly example?: string
  }[]
  readonly failures: readonly Failure[]
}

export async function summaryOf(session: Session, token: string | undefined): Promise<Summary> {
  const byName = Map.groupBy(session.versions, ({ name }) => name)
  const models = await Promise.all(
    [...byName].map(async ([name, versions]) => {
      const url = `${session.url}/v2/models/${encodeURIComponent(name)}`
      const metadata = await metadataOf(url, token).catch(() => undefined)
      const example =
        metadata && exampleOf(url, metadata, { image: session.takesImages(name), token: token !== undefined })
      return {
        name,
        versions: versions.map(({ version }) => version).sort((a, b) => a - b),
        url,
        inputs: metadata?.inputs ?? [],
        outputs: metadata?.outputs ?? [],
        ...(example !== undefined && { example }),
      }
    }),
  )
  return { url: session.url, models, failures: session.failures }
}

export function describeSession({ url, models, failures }: Summary, host: string): string {
  const out = process.stdout
  return [
    `${paint('green', 'serving', out)} ${paint('bold', url, out)}  (Ctrl-C ends it)`,
    ...models.flatMap(({ name, versions, inputs, outputs, example }) => [
      '',
      `${paint('bold', clean(name), out)}  ${versions.length === 1 ? 'version' : 'versions'} ${versions.join(', ')}`,
      ...(inputs.length > 0 ? [`  takes  ${inputs.map(portText).join(', ')}`] : []),
      ...(outputs.length > 0 ? [`  gives  ${outputs.map(portText).join(', ')}`] : []),
      ...(example === undefined ? [] : [`  ${paint('cyan', example, out)}`]),
    ]),
    ...failures.flatMap(failure => ['', describeEvent(failure)]),
    ...(isOpen(host)
      ? ['', 'Everybody who reaches this machine may predict: --token asks for a secret.']
      : []),
  ].join('\n')
}

export function describeEvent(event: ServedVersion | Failure | Removed): string {
  const out = process.stdout
  if ('removed' in event) return `${clean(event.name)} is gone, and serves no more`
  if ('code' in event) {
    const lines = event.message.split('\n').map(clean)
    const hint = event.hint === undefined ? [] : [`${paint('cyan', 'hint:', out)} ${event.hint}`]
    return [`${paint('red', 'not served:', out)} ${clean(event.name)}: ${lines.join('\n')}`, ...hint].join(
      '\n',
    )
  }
  return `${paint('green', 'serving', out)} ${clean(event.name)} version ${event.version}`
}

function portText({ name, datatype, shape }: Metadata['inputs'][number]): string {
  return `${clean(name)} ${datatype}[${shape.map(size => (size < 0 ? '?' : size)).join(', ')}]`
}

/** Loopback is for this machine alone. */
function isOpen(host: string): boolean {
  if (host === 'localhost') return false
  return isIP(host) === 4 ? !host.startsWith('127.') : host !== '::1'
}
