import { Command } from 'commander'
import { type SearchResult, searchResultSchema } from '../../api/index.ts'
import { formatPercent } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

export function searchCommand(): Command {
  return new Command('search')
    .description('find versions of every model that you may read')
    .argument('<condition...>', "such as 'accuracy>0.97' format:onnx model:dig* alias:champion since:30d")
    .option('--limit <n>', 'at most so many', '25')
    .option('--json', 'for machines')
    .action(run)
}

async function run(
  conditions: readonly string[],
  { limit, json }: { readonly limit: string; readonly json?: boolean },
): Promise<void> {
  const query = new URLSearchParams({ q: conditions.join(' '), limit })
  print(await (await remote()).get(`/search?${query}`, searchResultSchema), json, describe)
}

function describe({ versions, searched, more }: SearchResult): string {
  const rows = versions.map(({ model, number, format, metrics, commit, names, createdAt, expired }) => [
    `${model}@v${number}`,
    format ?? '–',
    metrics['accuracy'] === undefined ? '–' : formatPercent(metrics['accuracy']),
    commit.slice(0, 8),
    ago(createdAt),
    [...names, ...(expired ? ['expired'] : [])].join(', ') || '–',
  ])
  const found =
    rows.length === 0
      ? `None of ${searched} versions fits.`
      : table(['VERSION', 'FORMAT', 'ACCURACY', 'COMMIT', 'WHEN', 'NAMES'], rows)
  return more ? `${found}\nThere are more: search for less, or raise --limit.` : found
}
