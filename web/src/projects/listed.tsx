import type { ReactNode } from 'react'
import { Empty } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Table } from '../ui/table.tsx'

interface ListedProps<T> {
  readonly query: { readonly data: readonly T[] | undefined; readonly error: unknown; refetch(): unknown }
  readonly label: string
  readonly columns: readonly ReactNode[]
  /** What is said where there are none. */
  readonly empty: { readonly title: string; readonly text: string }
  readonly row: (each: T) => ReactNode
}

/** One of a project's lists: a table, or why there is none. */
export function Listed<T>({ query, label, columns, empty, row }: ListedProps<T>) {
  return (
    <Loaded query={query}>
      {list =>
        list.length === 0 ? (
          <Empty title={empty.title}>{empty.text}</Empty>
        ) : (
          <div className="overflow-x-auto rounded-lg border border-line bg-surface">
            <Table label={label} columns={columns}>
              {list.map(row)}
            </Table>
          </div>
        )
      }
    </Loaded>
  )
}
