import { Command } from 'commander'
import { type RolloutView, rolloutViewSchema } from '../../api/index.ts'
import { formatPercent, parseDuration } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { rolloutDisagreementsCommand } from './rollout-disagreements.ts'
import { addRecordCommands } from './rollout-records.ts'
import { rolloutSimulateCommand } from './rollout-simulate.ts'
import { experimentCommand } from './rollout-simulate-experiment.ts'

interface Json {
  readonly json?: boolean
}

export function rolloutCommand(): Command {
  const command = new Command('rollout').description(
    'rollouts: the gradual change from one version to the next',
  )
  command
    .command('show')
    .description('where a rollout stands, and why')
    .argument('<rollout>')
    .option('--json', 'for machines')
    .action((id: string, { json }: Json) => act('GET', id, '', json))
  command
    .command('promote')
    .description('all traffic to the candidate now')
    .argument('<rollout>')
    .option('--reason <text>', 'kept in its history')
    .option('--json', 'for machines')
    .action((id: string, { json, reason }: Json & { readonly reason?: string }) =>
      act('POST', id, '/promote', json, { ...(reason && { reason }) }),
    )
  command
    .command('override')
    .description('let it go on in spite of the calendar that keeps it; who did is kept in its history')
    .argument('<rollout>')
    .option('--reason <text>', 'kept with it')
    .option('--json', 'for machines')
    .action((id: string, { json, reason }: Json & { readonly reason?: string }) =>
      act('POST', id, '/override', json, { ...(reason && { reason }) }),
    )
  command
    .command('pause')
    .description('keep it where it stands: it is judged on, and still rolled back where it is harmful')
    .argument('<rollout>')
    .option('--for <time>', 'such as 2h; it goes on by itself then')
    .option('--reason <text>', 'kept in its history')
    .option('--json', 'for machines')
    .action(
      (id: string, { json, reason, ...asked }: Json & { readonly reason?: string; readonly for?: string }) =>
        act('POST', id, '/pause', json, {
          ...(reason && { reason }),
          ...(asked.for !== undefined && { forMs: parseDuration(asked.for) }),
        }),
    )
  command
    .command('resume')
    .description('let a paused rollout go on')
    .argument('<rollout>')
    .option('--reason <text>', 'kept in its history')
    .option('--json', 'for machines')
    .action((id: string, { json, reason }: Json & { readonly reason?: string }) =>
      act('POST', id, '/resume', json, { ...(reason && { reason }) }),
    )
  command
    .command('abort')
    .description('back to stable')
    .argument('<rollout>')
    .option('--reason <text>', 'kept in its history')
    .option('--json', 'for machines')
    .action((id: string, { json, reason }: Json & { readonly reason?: string }) =>
      act('POST', id, '/abort', json, { ...(reason && { reason }) }),
    )
  addRecordCommands(command)
  command.addCommand(rolloutDisagreementsCommand())
  command.addCommand(rolloutSimulateCommand())
  command.addCommand(experimentCommand('ab'))
  command.addCommand(experimentCommand('bandit'))
  return command
}

async function act(
  method: 'GET' | 'POST',
  id: string,
  action: string,
  json: boolean | undefined,
  body?: unknown,
): Promise<void> {
  const client = await remote()
  const path = `/rollouts/${encodeURIComponent(id)}${action}`
  const rollout =
    method === 'GET'
      ? await client.get(path, rolloutViewSchema)
      : await client.send('POST', path, body, rolloutViewSchema)
  print(rollout, json, describeRollout)
}

export function describeRollout({
  model,
  candidate,
  stable,
  phase,
  weight,
  reason,
  history,
}: RolloutView): string {
  const inShadow = phase === 'progressing' && weight === 0
  const share = inShadow ? 'in its shadow, answering nobody' : `${formatPercent(weight)} of the traffic`
  const head = `${model} v${candidate.number}${stable ? ` over v${stable.number}` : ''}: ${phase}, ${share}`
  return [
    head,
    ...(reason ? [reason] : []),
    ...history.map(
      change => `  ${change.at}  ${change.phase} ${formatPercent(change.weight)}  ${change.reason}`,
    ),
  ].join('\n')
}
