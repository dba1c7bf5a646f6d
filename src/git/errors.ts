import { BallastError } from '../core/index.ts'

/**
 * GIT_UNAVAILABLE: no usable `git` on this machine. GIT_FAILED: git ended with an error that has no better name.
 * GIT_TIMED_OUT: it ran past its time. REPOSITORY_EXISTS, REPOSITORY_MISSING: at that folder.
 * REF_NAME_INVALID, COMMIT_ID_INVALID, GIT_PATH_INVALID: an argument that git must never see.
 * COMMIT_UNKNOWN: the repository has no such commit. TREE_TOO_LARGE: more files than MAX_FILES.
 * GIT_FILE_TOO_LARGE, GIT_FILE_NOT_REGULAR: a path of a commit that can't be read as a small file.
 */
export type GitErrorCode =
  | 'GIT_UNAVAILABLE'
  | 'GIT_FAILED'
  | 'GIT_TIMED_OUT'
  | 'GIT_OUTPUT_TOO_LARGE'
  | 'REPOSITORY_EXISTS'
  | 'REPOSITORY_MISSING'
  | 'REF_NAME_INVALID'
  | 'COMMIT_ID_INVALID'
  | 'GIT_PATH_INVALID'
  | 'COMMIT_UNKNOWN'
  | 'TREE_TOO_LARGE'
  | 'GIT_FILE_TOO_LARGE'
  | 'GIT_FILE_NOT_REGULAR'

export class GitError extends BallastError<GitErrorCode> {}
