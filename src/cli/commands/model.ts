import { Command } from 'commander'
import { z } from 'zod'
import { type ModelView, modelViewSchema, type VersionView, versionViewSchema } from '../../api/index.ts'
import { formatPercent, formatSize } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function modelCommand(): Command {
  const command = new Command('model').description('models: what serves, and every version there was')
  command
    .command('list')
    .description('every model that you may read')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('show')
    .description('one model with its versions')
    .argument('<model>')
    .option('--json', 'for machines')
    .action(show)
  return command
}

async function list({ json }: Json): Promise<void> {
  const models = await (await remote()).get('/models', z.array(modelViewSchema))
  print(models, json, all =>
    all.length === 0
      ? 'No models yet: push one.'
      : table(['MODEL', 'LIVE', 'HEALTH', 'TRAFFIC', 'REQ/S', 'P99', 'ROLLOUT'], all.map(row)),
  )
}

function row({ name, stable, health, traffic, requestsPerSecond, latencyP99, rollout }: ModelView): string[] {
  const shares = traffic
    .map(
      ({ number, arm, weight }) =>
        `v${number}${arm === 'stable' ? '' : ` ${arm}`} ${formatPercent(weight, 0)}`,
    )
    .join(', ')
  return [
    name,
    stable ? `v${stable.number}` : '–',
    health,
    shares || '–',
    requestsPerSecond.toFixed(1),
    latencyP99 === null ? '–' : `${latencyP99.toFixed(1)} ms`,
    rollout
      ? `v${rollout.candidate.number} ${rollout.phase} ${formatPercent(rollout.weight, 0)} (${rollout.id})`
      : '–',
  ]
}

async function show(name: string, { json }: Json): Promise<void> {
  const client = await remote()
  const path = `/models/${encodeURIComponent(name)}`
  const model = await client.get(path, modelViewSchema)
  const versions = await client.get(`${path}/versions`, z.array(versionViewSchema))
  print({ model, versions }, json, describe)
}

function describe({
  model,
  versions,
}: {
  readonly model: ModelView
  readonly versions: readonly VersionView[]
}): string {
  const rollout = model.rollout
    ? [`rollout of v${model.rollout.candidate.number}: ${model.rollout.phase}, ${model.rollout.reason ?? ''}`]
    : []
  const notServed = versions[0]?.notServed
  const rows = versions.map(
    ({ number, serving, scan, format, commit, size, metrics, createdAt, ...more }) => [
      `v${number}`,
      more.expired ? 'expired' : serving,
      format ?? '–',
      scan ? `${scan.verdict}${scan.acceptance === null ? '' : `, ${scan.acceptance}`}` : '–',
      commit.slice(0, 8),
      formatSize(size),
      metrics['accuracy'] === undefined ? '–' : formatPercent(metrics['accuracy']),
      ago(createdAt),
      more.names.join(', ') || '–',
    ],
  )
  return [
    table(['MODEL', 'LIVE', 'HEALTH', 'TRAFFIC', 'REQ/S', 'P99', 'ROLLOUT'], [row(model)]),
    ...rollout,
    `endpoint: ${model.endpoint}`,
    '',
    ...(notServed ? [`the latest version is not served: ${notServed}`, ''] : []),
    table(['VERSION', 'SERVING', 'FORMAT', 'SCAN', 'COMMIT', 'SIZE', 'ACCURACY', 'WHEN', 'NAMES'], rows),
  ].join('\n')
}
