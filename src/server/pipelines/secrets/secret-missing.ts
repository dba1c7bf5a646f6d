import { isProtectedRef, isSecretName, type Project, secretScopesOf } from '../../../access/index.ts'
import type { Job, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { ServerError } from '../../errors.ts'

/** What keeps a job from a secret that it asks for by name: that there is none, or for whom it is. */
export async function secretMissing(
  { stores }: Pick<ControlPlane, 'stores'>,
  { ref, trigger }: Pipeline,
  { plan }: Job,
  project: Project,
  name: string,
): Promise<ServerError> {
  const scopes = secretScopesOf(project)
  const all = (await Promise.all(scopes.map(scope => stores.access.secrets(scope)))).flat()
  const named = all.filter(secret => secret.name === name)
  // A ref that was protected since: what was pushed before that has been taken up by nobody.
  const isProtected = trigger?.protectedRef !== false && isProtectedRef(project, ref)
  const open = named.filter(secret => !secret.protected || isProtected)
  const environment = plan.environment?.name
  const message = `Job '${plan.name}' asks for the secret '${name}', and `
  if (!isSecretName(name))
    return missing(`${message}no secret can have that name`, 'Secrets are named such as API_KEY: rename it.')
  if (named.length === 0)
    return missing(`${message}${project.name} has none of that name`, 'Set it with `ballast secret set`.')
  if (open.length === 0)
    return missing(
      `${message}it is for protected refs only, and ${ref} is none`,
      'Protect the ref, or set the secret for every ref.',
    )
  return missing(
    `${message}it is for other environments (${open.map(secret => secret.environment).join(', ')})`,
    environment === undefined
      ? 'The job has no environment: name one, or set the secret for all.'
      : `The job is of ${environment}: set the secret for that, or for all.`,
  )
}

function missing(message: string, hint: string): ServerError {
  return new ServerError('SECRET_MISSING', { message, hint })
}
