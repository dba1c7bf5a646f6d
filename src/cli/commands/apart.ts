import { Command } from 'commander'
import { workApart } from '../optimize/apart/child.ts'

/** `ballast apart`: one process that loads and runs models for another process. */
export function apartCommand(): Command {
  return new Command('apart')
    .description('run models in a process of its own (started by `ballast optimize`)')
    .action(workApart)
}
