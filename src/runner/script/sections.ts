/**
 * Sections of a log, as GitLab marks them:
 *
 *   section_start:<seconds since 1970>:<name>\r\x1b[0K<title>
 *   section_end:<seconds since 1970>:<name>\r\x1b[0K
 */
const OTHER = /[^A-Za-z0-9_.-]/g
const MAX_NAME = 100

/** The name of a phase's section. Those that GitLab's runner has keep its names. */
export function sectionName(phase: string): string {
  return phase === 'script' ? 'step_script' : phase.replace(OTHER, '_').slice(0, MAX_NAME)
}

export function sectionStart(name: string, title: string, now: number): string {
  return `section_start:${Math.floor(now / 1000)}:${sectionName(name)}\r\x1b[0K\x1b[0K\x1b[36;1m${title}\x1b[0;m\n`
}

export function sectionEnd(name: string, now: number): string {
  return `section_end:${Math.floor(now / 1000)}:${sectionName(name)}\r\x1b[0K\n`
}
