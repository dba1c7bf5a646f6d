import { Command } from 'commander'
import { z } from 'zod'
import { print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

const principalSchema = z.object({ id: z.string(), name: z.string(), kind: z.string(), admin: z.boolean() })

export function principalCommand(): Command {
  const command = new Command('principal').description('principals: people and services that act')
  command
    .command('list')
    .description('all of them')
    .option('--json', 'for machines')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const principals = await (await remote()).get('/principals', z.array(principalSchema))
      print(principals, json, all =>
        table(
          ['NAME', 'KIND', 'ADMIN'],
          all.map(({ name, kind, admin }) => [name, kind, admin ? 'yes' : '']),
        ),
      )
    })
  command
    .command('create')
    .description('add a person or a service')
    .argument('<name>')
    .option('--service', 'a machine, not a person')
    .option('--agent', 'a runner, host or gateway on another machine')
    .option('--admin', 'may do everything')
    .option('--json', 'for machines')
    .action(
      async (
        name: string,
        {
          service,
          agent,
          admin,
          json,
        }: {
          readonly service?: boolean
          readonly agent?: boolean
          readonly admin?: boolean
          readonly json?: boolean
        },
      ) => {
        const body = { name, kind: agent ? 'agent' : service ? 'service' : 'person', admin: admin ?? false }
        const made = await (await remote()).send('POST', '/principals', body, principalSchema)
        print(made, json, () =>
          agent
            ? `Made ${name}. Give it a token: \`ballast token create ${name} --principal ${name} --scopes agent:runner\` (or agent:host, agent:gateway).`
            : `Made ${name}. Give it a role with \`ballast project member\` and a token with \`ballast token create --principal ${name}\`.`,
        )
      },
    )
  return command
}
