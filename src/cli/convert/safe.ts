import { ConvertError } from '../../convert/index.ts'
import { loadScanner } from '../../formats/index.ts'
import { scanLines } from '../scan/describe.ts'
import { treeToScan } from '../scan/tree.ts'

/** Before anything reads a model: what is not safe is not converted. Throws CONVERT_UNSAFE. */
export async function refuseUnsafe(
  target: string,
  acceptUnknown = false,
  what: 'converted' | 'served' = 'converted',
): Promise<void> {
  const { scanTree } = await loadScanner()
  const report = await scanTree(await treeToScan(target))
  const { verdict, counts } = report
  if (verdict === 'safe' || (verdict === 'unknown' && acceptUnknown && counts.unreadable === 0)) return
  throw new ConvertError('CONVERT_UNSAFE', {
    message: [`${target} is not ${what}:`, ...scanLines(report)].join('\n'),
    hint:
      verdict === 'unknown'
        ? 'Unknown is not safe. Where you know where the file is from, --accept-unknown goes on.'
        : '`ballast scan` tells more.',
  })
}
