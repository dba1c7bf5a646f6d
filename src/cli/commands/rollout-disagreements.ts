import { Command } from 'commander'
import { type Disagreement, type Disagreements, disagreementsSchema } from '../../api/index.ts'
import { formatDuration } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'

/** Of an input, on its line. */
const MAX_SHOWN = 160

export function rolloutDisagreementsCommand(): Command {
  return new Command('disagreements')
    .description('requests that its shadow decided otherwise than stable, newest first')
    .argument('<rollout>')
    .option('--json', 'for machines, with both answers')
    .action(async (id: string, { json }: { readonly json?: boolean }) => {
      const client = await remote()
      const path = `/rollouts/${encodeURIComponent(id)}/disagreements`
      print(await client.get(path, disagreementsSchema), json, describeDisagreements)
    })
}

export function describeDisagreements({ disagreements, gateways }: Disagreements): string {
  const silent = gateways.filter(({ whole }) => !whole).map(({ gateway }) => gateway)
  const lines = disagreements.map(described)
  if (lines.length === 0) lines.push('Gateways keep none of this rollout.')
  if (silent.length > 0) lines.push(`Not all was told by ${silent.join(', ')}.`)
  return lines.map(clean).join('\n')
}

function described({ at, requestId, stable, candidate, input }: Disagreement): string {
  const sides = `stable ${decidedBy(stable)}, candidate ${decidedBy(candidate)}`
  if (input === undefined) return `${at}  ${requestId}  ${sides}`
  const json = input.text ?? JSON.stringify(input.json ?? input)
  const shown = json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)} …` : json
  return `${at}  ${requestId}  ${sides}  ${shown}`
}

function decidedBy({ status, ms, decided }: Disagreement['stable']): string {
  if (status >= 300) return `failed with ${status}`
  const shown = decided?.map(({ label, index, value }) => label ?? index ?? value ?? '–').join(', ')
  return `${shown ?? 'answered'} (${formatDuration(ms)})`
}
