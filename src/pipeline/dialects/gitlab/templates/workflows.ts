export const branchPipelines = `# A pipeline for every push to a branch and for every tag, none for merge requests.
workflow:
  rules:
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH
`

export const mergeRequestPipelines = `# A pipeline for merge requests, for tags, and for the default branch; none for other branches.
workflow:
  rules:
    - if: $CI_MERGE_REQUEST_IID
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
`
