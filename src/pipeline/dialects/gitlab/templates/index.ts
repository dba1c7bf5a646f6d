import { bash } from './languages/bash.ts'
import { go } from './languages/go.ts'
import { nodejs } from './languages/nodejs.ts'
import { python } from './languages/python.ts'
import { rust } from './languages/rust.ts'
import { branchPipelines, mergeRequestPipelines } from './workflows.ts'

/**
 * What `include: template:` finds, by the names that are usual. The texts are Ballast's own; jobs run on the
 * runner's machine with what is installed there, and name no image.
 */
export const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ['Bash.gitlab-ci.yml', bash],
  ['Go.gitlab-ci.yml', go],
  ['Nodejs.gitlab-ci.yml', nodejs],
  ['Python.gitlab-ci.yml', python],
  ['Rust.gitlab-ci.yml', rust],
  ['Workflows/Branch-Pipelines.gitlab-ci.yml', branchPipelines],
  ['Workflows/MergeRequest-Pipelines.gitlab-ci.yml', mergeRequestPipelines],
])
