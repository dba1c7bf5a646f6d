import { type ApiClient, type NamedVersion, namedVersionSchema } from '../../api/index.ts'
import { formatVersionName, parseModelVersion } from '../../registry/index.ts'

/** The version that `MODEL@NAME` stands for on the server. */
export async function versionNamed(client: ApiClient, text: string): Promise<NamedVersion> {
  const { model, version } = parseModelVersion(text)
  const name = encodeURIComponent(formatVersionName(version))
  return client.get(`/models/${encodeURIComponent(model)}/versions/${name}`, namedVersionSchema)
}
