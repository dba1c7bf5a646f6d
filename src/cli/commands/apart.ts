import { Argument, Command } from 'commander'
import { workApart } from '../optimize/apart/child.ts'
import { TASKS } from '../optimize/apart/tasks.ts'

/** `ballast apart`: one process that loads and runs one model for another process. */
export function apartCommand(): Command {
  return new Command('apart')
    .description('run a model in a process of its own (started by `ballast optimize`)')
    .addArgument(new Argument('<task>', 'what is done').choices(Object.keys(TASKS)))
    .argument('<folder>', 'where the request is, and where the reply goes')
    .action(workApart)
}
