import type { Command } from 'commander'
import { type RolloutId, replaceFile } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { describeExplained, explain } from '../rollout/records/explain.ts'
import { fetchRecords, fetchRollout, readKeys, readRecords } from '../rollout/records/sources.ts'
import { describeVerified, EXIT, verified } from '../rollout/records/verify.ts'

interface Json {
  readonly json?: boolean
}

/** What was decided about a rollout: in sentences, as signed records, and checked. */
export function addRecordCommands(command: Command): void {
  command
    .command('explain')
    .description('why it stands where it stands, in a sentence')
    .argument('<rollout>')
    .option('--all', 'every decision, oldest first')
    .option('--json', 'for machines')
    .action(explainOne)
  command
    .command('records')
    .description('its decisions as signed records, with the keys to check them by')
    .argument('<rollout>')
    .option('-o, --output <file>', 'default: printed')
    .action(exportAll)
  command
    .command('verify')
    .description(
      'check the signatures of its decisions and decide each again; exit 1 where something is wrong, 2 where something could not be checked',
    )
    .argument('<rollout>')
    .option('--records <file>', 'what `ballast rollout records` wrote: then no server is needed')
    .option('--key <file>', 'public keys to trust: PEM, or `ballast identity keys --for records --public`')
    .option('--json', 'for machines')
    .action(verifyOne)
}

async function explainOne(id: string, { all, json }: Json & { readonly all?: boolean }): Promise<void> {
  const client = await remote()
  const rollout = await fetchRollout(client, id)
  print(explain(rollout, await fetchRecords(client, id), all ?? false), json, describeExplained)
}

async function exportAll(id: string, { output }: { readonly output?: string }): Promise<void> {
  const records = await fetchRecords(await remote(), id)
  const text = `${JSON.stringify(records, null, 2)}\n`
  if (output === undefined) process.stdout.write(text)
  else await replaceFile(output, text)
}

async function verifyOne(
  id: string,
  { records: file, key, json }: Json & { readonly records?: string; readonly key?: string },
): Promise<void> {
  const keys = key === undefined ? undefined : await readKeys(key)
  const client = file === undefined ? await remote() : undefined
  const records = client ? await fetchRecords(client, id) : await readRecords(file!)
  const phase = client && (await fetchRollout(client, id)).phase
  const result = verified(id as RolloutId, records, keys, phase)
  print(result, json, describeVerified)
  process.exitCode = EXIT[result.verdict]
}
