/** What a log says of itself, each on a line of its own: written by the runner, read by whoever shows the log. */
export type LogNotice =
  /** Its middle is not there. */
  | { readonly kind: 'left-out'; readonly size: string }
  /** Its end comes when the job has ended. */
  | { readonly kind: 'longer'; readonly head: string; readonly tail: string }

const LEFT_OUT = /^\[([\d.]{1,12} \w{1,4}) of the log were left out here\]$/
const LONGER =
  /^\[The log is longer than ([\d.]{1,12} \w{1,4}): of the rest the last ([\d.]{1,12} \w{1,4}) follow when it has ended\]$/

export function logNoticeText(notice: LogNotice): string {
  return notice.kind === 'left-out'
    ? `[${notice.size} of the log were left out here]`
    : `[The log is longer than ${notice.head}: of the rest the last ${notice.tail} follow when it has ended]`
}

/** The notice that a line is; undefined for any other line. */
export function readLogNotice(line: string): LogNotice | undefined {
  const size = LEFT_OUT.exec(line)?.[1]
  if (size !== undefined) return { kind: 'left-out', size }
  const [, head, tail] = LONGER.exec(line) ?? []
  return head !== undefined && tail !== undefined ? { kind: 'longer', head, tail } : undefined
}
