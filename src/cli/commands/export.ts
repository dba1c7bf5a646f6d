import { lstat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { BallastError, digestOfFile, formatSize } from '../../core/index.ts'
import { print } from '../output/print.ts'
import { byteProgress, showsProgress } from '../pack/progress.ts'
import { remote } from '../remote/settings.ts'
import { saveExport } from '../transfer/transfer.ts'
import { versionNamed } from '../versions/named.ts'

interface Options {
  readonly force?: boolean
  readonly json?: boolean
}

export function exportCommand(): Command {
  return new Command('export')
    .description('a version as one file: manifest, records, history and bytes; for `ballast import`')
    .argument('<model@version>', 'such as digits@v3 or digits@production; without @ the latest')
    .argument('<file>', 'such as digits.ballast; a tar')
    .option('--force', 'replace the file that is there')
    .option('--json', 'for machines')
    .action(run)
}

async function run(name: string, file: string, { force, json }: Options): Promise<void> {
  const target = resolve(file)
  if (!force && (await lstat(target).catch(() => undefined)))
    throw new BallastError('FILE_EXISTS', {
      message: `${file} is there already`,
      hint: 'Name another file, or give --force.',
    })
  const client = await remote()
  const { id, model, number, digest, size } = await versionNamed(client, name)
  const progress = byteProgress('exporting', size, showsProgress(json))
  let done = 0
  const { body } = await client.stream(`/versions/${id}/export`)
  if (!body) throw new TypeError('An answer without a body')
  await saveExport(body, target, bytes => {
    done += bytes
    progress.show(done)
  }).finally(() => progress.clear())
  const written = { model, number, digest, file: target, size: done, sha256: await digestOfFile(target) }
  print(
    written,
    json,
    () => `${model} v${number} (${digest}) in ${file}: ${formatSize(done)}, ${written.sha256}`,
  )
}
