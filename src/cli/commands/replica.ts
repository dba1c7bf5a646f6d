import { Command } from 'commander'
import { replicaProcess } from '../../inference/index.ts'

/** `ballast replica`: one process that serves one version. A host starts it. */
export function replicaCommand(): Command {
  return new Command('replica')
    .description('serve one version of a model on a Unix socket (started by `ballast host`)')
    .requiredOption('--spec <file>', 'what to serve: a JSON file that the host wrote')
    .option('--tied', 'end when standard input does', false)
    .action(({ spec, tied }: { readonly spec: string; readonly tied: boolean }) =>
      replicaProcess(spec, { tied }),
    )
}
