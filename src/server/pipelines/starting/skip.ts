/** As GitLab and others have it: in any case, also with a hyphen or an underscore. */
const SKIP = /\[(skip[ _-]ci|ci[ _-]skip)\]/i

/** Whether the message of a commit asks for no pipeline. */
export function asksForNone(message: string): boolean {
  return SKIP.test(message)
}
