/**
 * Every git of the server runs with this configuration, whatever the machine's or the repository's files say:
 * passed at each start, so a repository that an older release made gets today's.
 */
const CONFIG: readonly (readonly [key: string, value: string])[] = [
  // A malformed or malicious object is refused while it is still in quarantine.
  ['transfer.fsckObjects', 'true'],
  // Packs are kept as sent: exploding a model of hundreds of MB into a loose object compresses it again.
  ['transfer.unpackLimit', '1'],
  // Ballast's own refs hold commits that versions came from; nobody sees or moves them through a push.
  ['transfer.hideRefs', 'refs/ballast'],
  // Packing is the front door's business (maintain.ts): no daemon of git's outlives a push.
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['receive.autogc', 'false'],
  // Not fast-forward and deletion are questions of rights: the control plane answers them in pre-receive.
  ['receive.denyNonFastForwards', 'false'],
  ['receive.denyDeletes', 'false'],
  ['receive.denyCurrentBranch', 'ignore'],
  ['receive.denyDeleteCurrent', 'ignore'],
  ['receive.advertisePushOptions', 'true'],
  ['uploadpack.allowFilter', 'true'],
  // Model files are streamed and never delta-compressed against each other: bounded memory.
  ['core.bigFileThreshold', '16m'],
  ['pack.windowMemory', '64m'],
  ['pack.threads', '2'],
  ['core.fsync', 'committed,reference'],
  ['core.logAllRefUpdates', 'false'],
  ['core.quotePath', 'false'],
  ['log.showSignature', 'false'],
  ['tar.umask', '0022'],
  // The data folder may belong to another user than the process (a mounted volume); we made what is in it.
  ['safe.directory', '*'],
]

export interface EnvironmentOptions {
  /** The client's Git-Protocol header, already checked. */
  readonly protocol?: string
  readonly config?: readonly (readonly [key: string, value: string])[]
}

/**
 * A whole environment for one git: nothing of the server's own leaks in (no secret, no GIT_*, no HOME).
 * Replacement refs and grafts are off: a pushed `refs/replace/…` must not change what a commit id stands for.
 */
export function gitEnvironment({ protocol, config = [] }: EnvironmentOptions = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_COMMITTER_NAME: 'Ballast',
    GIT_COMMITTER_EMAIL: 'ballast@localhost',
  }
  const all = [...CONFIG, ...config]
  environment['GIT_CONFIG_COUNT'] = String(all.length)
  for (const [index, [key, value]] of all.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  if (protocol !== undefined) environment['GIT_PROTOCOL'] = protocol
  return environment
}
