import { Command, Option } from 'commander'
import { formatLimits } from '../../access/index.ts'
import { type PolicyView, policySchema } from '../../api/index.ts'
import { formatDuration, formatPercent, parseDuration, parsePercent } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { limitsAsked } from '../remote/limits.ts'
import { remote } from '../remote/settings.ts'

interface Change {
  readonly branches?: string
  readonly approvers?: string
  readonly gate?: readonly string[]
  readonly maxFirstStep?: string
  readonly predictions?: string
  readonly rate?: string
  readonly burst?: number
  readonly quota?: string
  readonly priority?: number
  readonly approvalExpires?: string
  readonly approvalBy?: string
  readonly freeze?: readonly string[]
  readonly schedule?: readonly string[]
  readonly from?: string
  readonly json?: boolean
}

/** What an environment allows, whatever a pushed file asks for. */
export function policyCommand(): Command {
  const command = new Command('policy').description('environment policy: what a pushed file may get at most')
  command
    .command('show')
    .description('the policy in force')
    .argument('<project>')
    .argument('<environment>')
    .option('--json', 'for machines')
    .action(show)
  command
    .command('set')
    .description('change parts of it; the rest stays')
    .argument('<project>')
    .argument('<environment>')
    .option('--branches <list>', 'branch patterns that may deploy, comma-separated')
    .option('--approvers <role>', 'maintainer, admin, or none')
    .option(
      '--gate <gate...>',
      "gates that every version must pass, such as 'accuracy >= 0.97'; none clears them",
    )
    .option('--max-first-step <percent>', 'largest first canary step')
    .option('--predictions <access>', 'token or public')
    .option('--rate <rate>', 'predictions of each model at most, such as 100/s or 30/min; none lifts it')
    .option('--burst <requests>', 'that may come at once; by default as many as the rate names', Number)
    .option('--quota <quota>', 'predictions of a day or month at most, such as 1000000/day; none lifts it')
    .option(
      '--priority <level>',
      'best Ballast-Priority that callers may ask for, 1 first; 0 allows none',
      Number,
    )
    .option(
      '--approval-expires <time>',
      'a deployment that nobody approves by then is canceled, such as 3d; never',
    )
    .addOption(
      new Option('--approval-by <whom>', 'anyone: whoever may; others: not who pushed').choices([
        'anyone',
        'others',
      ]),
    )
    .option(
      '--freeze <window...>',
      "when no rollout moves on, such as 'Fri 18:00 - Mon 08:00 Europe/Berlin'; none clears them",
    )
    .option(
      '--schedule <window...>',
      "the only times at which rollouts move on, such as 'Mon-Fri 09:00 - 17:00'; none clears them",
    )
    .option(
      '--from <environment>',
      'only versions that were promoted there come here, such as staging; none lifts it',
    )
    .option('--json', 'for machines')
    .action(set)
  return command
}

const pathOf = (project: string, environment: string) =>
  `/projects/${encodeURIComponent(project)}/policies/${encodeURIComponent(environment)}`

async function show(
  project: string,
  environment: string,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const policy = await (await remote()).get(pathOf(project, environment), policySchema)
  print(
    policy,
    json,
    ({ branches, approvers, approval, from, gates, maxFirstStep, predictions, limits, calendar }) =>
      [
        `branches       ${branches.join(', ')}`,
        `approvers      ${approvers ?? 'none'}${describeRule(approval)}`,
        `from           ${from === undefined ? 'anywhere' : `${from}, once promoted there`}`,
        `gates          ${gates.join('; ') || 'none'}`,
        `first step     at most ${formatPercent(maxFirstStep)}`,
        `predictions    ${predictions}`,
        `limits         ${formatLimits(limits)}`,
        `freeze         ${calendar?.freeze.join('; ') || 'none'}`,
        `schedule       ${calendar?.schedule.join('; ') || 'always'}`,
      ].join('\n'),
  )
}

async function set(project: string, environment: string, change: Change): Promise<void> {
  const client = await remote()
  const {
    approvers: before,
    environment: _name,
    limits: limitsBefore,
    calendar,
    approval,
    from: fromBefore,
    ...rest
  } = await client.get(pathOf(project, environment), policySchema)
  const approvers =
    change.approvers === undefined ? before : change.approvers === 'none' ? undefined : change.approvers
  const limits = limitsAsked(change, limitsBefore)
  const from = change.from === undefined ? fromBefore : change.from === 'none' ? undefined : change.from
  await client.tell('PUT', pathOf(project, environment), {
    ...rest,
    ...(approvers && { approvers }),
    ...(limits && { limits }),
    ...(from !== undefined && { from }),
    ...(change.branches && { branches: change.branches.split(',').map(branch => branch.trim()) }),
    ...(change.gate && { gates: change.gate.filter(gate => gate !== 'none') }),
    ...(change.maxFirstStep && { maxFirstStep: parsePercent(change.maxFirstStep) }),
    ...(change.predictions && { predictions: change.predictions }),
    approval: ruleAsked(change, approval),
    calendar: {
      freeze: windows(change.freeze) ?? calendar?.freeze ?? [],
      schedule: windows(change.schedule) ?? calendar?.schedule ?? [],
    },
  })
  await show(project, environment, change)
}

/** Undefined where nothing is asked. */
function windows(lines: readonly string[] | undefined): readonly string[] | undefined {
  return lines?.filter(line => line !== 'none')
}

type Rule = NonNullable<PolicyView['approval']>

function ruleAsked({ approvalExpires, approvalBy }: Change, before: Rule | undefined): Rule {
  const expiresMs =
    approvalExpires === undefined
      ? before?.expiresMs
      : approvalExpires === 'never'
        ? undefined
        : parseDuration(approvalExpires)
  const byOthers = approvalBy === undefined ? (before?.byOthers ?? false) : approvalBy === 'others'
  return { byOthers, ...(expiresMs !== undefined && { expiresMs }) }
}

function describeRule(rule: Rule | undefined): string {
  const { byOthers, expiresMs } = rule ?? {}
  return [
    byOthers ? '; not who pushed' : '',
    expiresMs === undefined ? '' : `; within ${formatDuration(expiresMs)}`,
  ].join('')
}
