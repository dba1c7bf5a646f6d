/** Variables by which a shell, a loader or Ballast itself is steered: a secret there would break every job. */
const TAKEN =
  /^(BALLAST|BALLAST_.*|CI|PATH|HOME|TMPDIR|LANG|LC_.*|LD_.*|DYLD_.*|IFS|ENV|BASH_ENV|SHELL|PWD|OLDPWD|USER|LOGNAME)$/

/** What makes a shell or git run a command of its value's. An admin may put it there; nobody gives it with a trigger. */
const RUNS =
  /^(SHELLOPTS|BASHOPTS|BASH_.*|PS[0-4]|PROMPT_COMMAND|GIT_(CONFIG|SSH|PROXY_COMMAND|EXEC_PATH|TEMPLATE_DIR|.*ASKPASS|.*EDITOR|.*PAGER|EXTERNAL_DIFF)(_.*)?)$/

/**
 * Whether a project's secret may have this name: it becomes a variable of jobs.
 *
 *   API_KEY    yes
 *   api_key    no: capitals, digits and _, 100 at most
 *   LD_PRELOAD no: taken
 */
export function isSecretName(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]{0,99}$/.test(name) && !TAKEN.test(name)
}

/**
 * Whether whoever starts a pipeline may give a variable of this name. It outranks every other, so none that steers
 * a shell or a loader: somebody who may start a pipeline does not take over its jobs.
 */
export function isTriggerVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name) && !TAKEN.test(name) && !RUNS.test(name)
}
