import { Command, InvalidArgumentError } from 'commander'
import { formatSize } from '../../core/index.ts'
import { remoteOf } from '../clone/address.ts'
import { type Cloned, clone, withoutPassword } from '../clone/clone.ts'
import { print } from '../output/print.ts'
import { loginOf } from '../remote/settings.ts'

export function cloneCommand(): Command {
  return new Command('clone')
    .description('clone a repository with its files of Git LFS; git-lfs itself is not needed')
    .argument('<repository>', 'its address, or the name of a project of the server that you logged in to')
    .argument('[folder]', "where to; default: the repository's name")
    .option('-b, --branch <name>', 'check out this branch or tag')
    .option('--depth <commits>', 'no more history than so many commits', checkDepth)
    .option('--json', 'for machines')
    .addHelpText(
      'after',
      '\nA clone that was cut off goes on where it stopped when the same command is run again.\n',
    )
    .action(run)
}

interface Options {
  readonly branch?: string
  readonly depth?: string
  readonly json?: boolean
}

async function run(repository: string, folder: string | undefined, options: Options): Promise<void> {
  const { json, branch, depth } = options
  const remote = remoteOf(repository, await loginOf().catch(() => undefined))
  const shown = process.stderr.isTTY && !json
  const cloned = await clone(remote, folder ?? remote.name, { branch, depth, shown })
  print({ ...cloned, url: withoutPassword(remote.url) }, json, describe)
}

function describe({ directory, commit, lfs }: Cloned): string {
  const at = commit === null ? 'It has no commits yet.' : `At commit ${commit.slice(0, 8)}.`
  const lines = [`Cloned into ${directory}. ${at}`]
  if (lfs.files > 0) {
    const fetched = lfs.fetchedBytes === lfs.bytes ? '' : `, ${formatSize(lfs.fetchedBytes)} of it fetched`
    lines.push(`${lfs.files} files of Git LFS, ${formatSize(lfs.bytes)}${fetched}, each verified.`)
  }
  if (lfs.files > 0 && !lfs.client)
    lines.push('git-lfs is not installed here: install it before you change one of these files.')
  return lines.join('\n')
}

function checkDepth(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text
  throw new InvalidArgumentError('It is a number of commits, such as 1.')
}
