// The models that POST /v1/embeddings answers with.
import { Code, Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { servedModelsQuery } from '../api/queries'
import { count } from '../format/format'
import { DataTable } from '../parts/data_table'
import { Panel } from '../parts/panel'
import { QueryView } from '../parts/query_view'

export function ServedModels() {
  const models = useQuery(servedModelsQuery())
  return (
    <Panel
      title="Models of /v1/embeddings"
      hint={
        <>
          For programs that speak OpenAI’s API: <Code>base_url = {location.origin}/v1</Code>
        </>
      }
    >
      <QueryView query={models} of="served models">
        {(list) => (
          <DataTable
            caption="Models of /v1/embeddings"
            minWidth={560}
            stacks
            head={
              <Table.Tr>
                <Table.Th scope="col">Model</Table.Th>
                <Table.Th scope="col">Kind</Table.Th>
                <Table.Th scope="col" className="number">
                  Dimension
                </Table.Th>
                <Table.Th scope="col" className="number">
                  Tokens at most
                </Table.Th>
                <Table.Th scope="col">Precision</Table.Th>
              </Table.Tr>
            }
          >
            {list.map((model) => (
              <Table.Tr key={model.id}>
                <Table.Th scope="row" fw={600} className="user-text">
                  {model.id}
                </Table.Th>
                <Table.Td data-label="Kind">{model.kind}</Table.Td>
                <Table.Td className="number" data-label="Dimension">
                  {model.dimensions.map(count).join(', ')}
                </Table.Td>
                <Table.Td className="number" data-label="Tokens at most">
                  {model.tokens_max > 0 ? count(model.tokens_max) : 'any'}
                </Table.Td>
                <Table.Td data-label="Precision">{model.precision}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </QueryView>
    </Panel>
  )
}
