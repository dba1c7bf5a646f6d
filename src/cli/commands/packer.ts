import { Command } from 'commander'
import { packerProcess } from '../../registry/index.ts'
import { DiskPackStore } from '../../storage/index.ts'

/** `ballast packer`: one process that packs one file. The server starts it. */
export function packerCommand(): Command {
  return new Command('packer')
    .description('pack one object of the registry (started by `ballast server`)')
    .requiredOption('--packs <folder>', 'of the store that it packs for')
    .action(async ({ packs }: { readonly packs: string }) => packerProcess(await DiskPackStore.open(packs)))
}
