import { DOCUMENTS } from './own/documents.ts'
import { KEEPING } from './own/keeping.ts'
import { ORDER } from './own/order.ts'
import { SCRIPTS } from './own/scripts.ts'
import type { Case } from './types.ts'

/** This repository's own files, below test/fixtures/gitlab-ci, beside what GitLab's documentation says of them. */
export const OWN: readonly Case[] = [...SCRIPTS, ...KEEPING, ...ORDER, ...DOCUMENTS]
