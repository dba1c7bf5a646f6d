import type { Image, Service } from '../../../../types.ts'
import type { WrittenImage, WrittenService } from '../../keywords/job/work/images.ts'

export function imageOf({ name, entrypoint, pull_policy, docker }: WrittenImage): Image {
  return {
    name,
    pullPolicy: pull_policy ?? [],
    ...(entrypoint && { entrypoint }),
    ...(docker?.user !== undefined && { user: docker.user }),
    ...(docker?.platform !== undefined && { platform: docker.platform }),
  }
}

/** `expand` puts in the variables of the name, of which the default host names are made. */
export function serviceOf(written: WrittenService, expand: (text: string) => string): Service {
  const { alias, command, variables } = written
  const own = (alias ?? '').split(/[\s,]+/).filter(name => name !== '')
  return {
    ...imageOf(written),
    aliases: [...new Set([...hostNames(expand(written.name)), ...own])],
    ...(command && { command }),
    variables: Object.fromEntries((variables ?? []).map(({ name, value }) => [name, value])),
  }
}

/**
 * Host names that a service has without an alias: its image without tag and digest, and for each slash two
 * underscores, or a hyphen.
 *
 *   tutum/wordpress:latest     tutum__wordpress, tutum-wordpress
 *   localhost:5000/postgres    localhost__postgres, localhost-postgres
 */
export function hostNames(image: string): readonly string[] {
  const path = image.replace(/@.*$/, '').split('/')
  const bare = path.map(part => part.replace(/:.*$/, '')).join('/')
  return [...new Set([bare.replaceAll('/', '__'), bare.replaceAll('/', '-')])].filter(name => name !== '')
}
