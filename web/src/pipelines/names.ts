export const shortCommit = (commit: string): string => commit.slice(0, 8)

/** refs/heads/main → main */
export const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '')
