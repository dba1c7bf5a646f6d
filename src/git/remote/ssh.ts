/** Files by which ssh proves who it is, and knows whom it speaks with. */
export interface SshFiles {
  readonly keyFile: string
  /** Names the host `mirror`. */
  readonly knownHostsFile: string
}

/** The name of the host in its own file of known hosts: whatever its address is. */
export const HOST_ALIAS = 'mirror'

/**
 * How git starts ssh: with this key alone, for a host that is known beforehand, at the address that was checked. No
 * configuration, agent, forwarding or question of the machine has a part in it.
 */
export function sshCommand({ keyFile, knownHostsFile }: SshFiles, address: string | undefined): string {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    `HostKeyAlias=${HOST_ALIAS}`,
    `UserKnownHostsFile="${knownHostsFile}"`,
    'GlobalKnownHostsFile=/dev/null',
    'ConnectTimeout=20',
    'ServerAliveInterval=20',
    'ServerAliveCountMax=3',
    ...(address === undefined ? [] : [`HostName=${address}`]),
  ]
  return ['ssh', '-F', '/dev/null', '-i', keyFile, ...options.flatMap(option => ['-o', option])]
    .map(quoted)
    .join(' ')
}

/** For the shell by which git starts it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
