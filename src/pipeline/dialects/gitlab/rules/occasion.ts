import type { ProjectFacts, RepositoryFiles, TriggerFacts } from '../../types.ts'
import type { Work } from '../expression/work.ts'
import { expandVariables } from '../variables/expand.ts'
import { expandAll } from '../variables/expand-all.ts'
import type { Variables } from '../variables/layers.ts'
import { Lookups, type ProjectFiles } from './lookups.ts'

/** What rules are decided by. Make one for each pipeline, and the others from it: they share what was looked up. */
export interface Occasion {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
  /** Path of the file that is compiled. */
  readonly file: string
  readonly lookups: Lookups
  /** As conditions see it: not expanded. */
  variable(name: string): string | undefined
  /** Whether its value may be told in a reason. */
  shows(name: string): boolean
  /** A path, project or ref with its variables put in; what is not defined stays. */
  expand(text: string): string
}

export interface OccasionFacts {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
  readonly file: string
  readonly files: RepositoryFiles
  readonly projectFiles?: ProjectFiles
}

/** `variables`: those that are visible in the rules that are to be decided. */
export function occasionOf(
  { trigger, project, file, files, projectFiles }: OccasionFacts,
  variables: Variables,
): Occasion {
  const lookups = new Lookups(files, projectFiles)
  return { trigger, project, file, lookups, ...views(variables, lookups.work) }
}

/** The same occasion for other rules: those of a job see its variables too. */
export function withVariables(occasion: Occasion, variables: Variables): Occasion {
  return { ...occasion, ...views(variables, occasion.lookups.work) }
}

/** Most rules have no path with a variable in it, so all are expanded when the first is asked for. */
function views(variables: Variables, work: Work): Pick<Occasion, 'variable' | 'shows' | 'expand'> {
  let values: ReadonlyMap<string, string> | undefined
  const expanded = (name: string) => {
    values ??= expandAll(variables.all(), 'paths', work).values
    return values.get(name)
  }
  return {
    variable: name => variables.get(name)?.value,
    shows: name => !variables.get(name)?.hidden,
    expand: text => expandVariables(text, expanded, 'paths'),
  }
}
