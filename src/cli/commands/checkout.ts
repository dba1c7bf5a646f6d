import { resolve } from 'node:path'
import { Command } from 'commander'
import { formatSize } from '../../core/index.ts'
import { checkOut, variantNamed } from '../checkout/checkout.ts'
import { print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { byteProgress, showsProgress } from '../pack/progress.ts'
import { remote } from '../remote/settings.ts'
import { versionNamed } from '../versions/named.ts'

interface Options {
  readonly variant?: string
  readonly force?: boolean
  readonly json?: boolean
}

export function checkoutCommand(): Command {
  return new Command('checkout')
    .description("a version's files, verified, in a folder; goes on where it broke off")
    .argument('<model@version>', 'such as digits@v3 or digits@production; without @ the latest')
    .argument('<folder>')
    .option('--variant <name>', 'the files of one of its variants, such as int8, in place of its own')
    .option('--force', 'into a folder that has other files: those of the same names are replaced')
    .option('--json', 'for machines')
    .action(run)
}

async function run(name: string, folder: string, { variant, force = false, json }: Options): Promise<void> {
  const client = await remote()
  const version = await versionNamed(client, name)
  const form = variant === undefined ? version : variantNamed(version, variant)
  const progress = byteProgress('checking out', form.size, showsProgress(json))
  let done = 0
  const came = (bytes: number) => {
    done += bytes
    progress.show(done)
  }
  const { fetched, kept } = await checkOut(client, version, resolve(folder), {
    force,
    variant,
    came,
  }).finally(() => progress.clear())
  const { model, number, commit } = version
  const { digest } = form
  const told = { model, number, digest, commit, ...(variant !== undefined && { variant }) }
  print({ ...told, folder: resolve(folder), fetched, kept }, json, () => {
    const row = (what: string) => (file: { readonly name: string; readonly size: number }) => [
      file.name,
      formatSize(file.size),
      what,
    ]
    const rows = [...fetched.map(row('fetched')), ...kept.map(row('was there'))]
    return `${model} v${number}${variant === undefined ? '' : ` as ${variant}`} (${digest}) in ${folder}\n${table(['FILE', 'SIZE', ''], rows)}`
  })
}
