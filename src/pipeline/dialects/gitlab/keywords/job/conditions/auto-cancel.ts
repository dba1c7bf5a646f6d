import { type Reader, refine } from '../../reader/reader.ts'
import { choice } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'

export interface WrittenAutoCancel {
  readonly onNewCommit?: 'conservative' | 'interruptible' | 'none'
  readonly onJobFailure?: 'all' | 'none'
}

export const autoCancel: Reader<WrittenAutoCancel> = refine(
  struct({
    what: 'auto_cancel',
    fields: {
      on_new_commit: optional(choice(['conservative', 'interruptible', 'none'])),
      on_job_failure: optional(choice(['all', 'none'])),
    },
  }),
  read => ({
    ...(read.on_new_commit && { onNewCommit: read.on_new_commit }),
    ...(read.on_job_failure && { onJobFailure: read.on_job_failure }),
  }),
)
