/**
 * Predefined variables that people write elsewhere: messages, titles, names of branches. A `$` in one is a dollar,
 * so they are never expanded; a commit's message can't read another variable.
 */
export const FREE_TEXT: ReadonlySet<string> = new Set([
  'CI_COMMIT_AUTHOR',
  'CI_COMMIT_BRANCH',
  'CI_COMMIT_DESCRIPTION',
  'CI_COMMIT_MESSAGE',
  'CI_COMMIT_REF_NAME',
  'CI_COMMIT_TAG',
  'CI_COMMIT_TAG_MESSAGE',
  'CI_COMMIT_TITLE',
  'CI_MERGE_REQUEST_DESCRIPTION',
  'CI_MERGE_REQUEST_LABELS',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  'CI_MERGE_REQUEST_TITLE',
  'CI_PIPELINE_SCHEDULE_DESCRIPTION',
  'GITLAB_USER_LOGIN',
  'GITLAB_USER_NAME',
])
