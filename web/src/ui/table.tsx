import type { ReactNode } from 'react'

interface TableProps {
  readonly label: string
  readonly columns: readonly ReactNode[]
  readonly children: ReactNode
}

export function Table({ label, columns, children }: TableProps) {
  return (
    <table aria-label={label} className="w-full border-collapse text-left text-sm">
      <thead>
        <tr className="border-b border-line text-xs text-soft">
          {columns.map((column, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns are fixed
            <th key={index} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="[&>tr:last-child]:border-0">{children}</tbody>
    </table>
  )
}

export const Row = ({ children }: { readonly children: ReactNode }) => (
  <tr className="border-b border-line hover:bg-raised/50">{children}</tr>
)

interface CellProps {
  readonly children?: ReactNode
  readonly mono?: boolean
  readonly wrap?: boolean
}

export const Cell = ({ children, mono = false, wrap = false }: CellProps) => (
  <td
    className={`tabular px-3 py-2 align-middle ${mono ? 'font-mono text-xs' : ''} ${wrap ? '' : 'whitespace-nowrap'}`}
  >
    {children}
  </td>
)
