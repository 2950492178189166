// The models that lie on the server's disk, and those that it embeds with for other programs.
import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { ApiError } from '../api/client'
import { modelsQuery } from '../api/queries'
import type { LocalModel } from '../api/types'
import { bytes, count } from '../format/format'
import { DataTable } from '../parts/data_table'
import { Empty } from '../parts/notes'
import { Panel } from '../parts/panel'
import { QueryView } from '../parts/query_view'
import { Page } from '../shell/page'
import { ModelActions } from './model_actions'
import { ServedModels } from './served_models'

export default function ModelsPage() {
  const models = useQuery(modelsQuery())
  // Older servers, and those without the folders of models, have no list.
  const isUnknown = models.error instanceof ApiError && models.error.status === 404
  return (
    <Page
      title="Models"
      about="What can embed: model folders on the server’s disk, and the built-in one."
    >
      {!isUnknown && (
        <Panel title="Local models" hint="To choose from in the settings of a column">
          <QueryView query={models} of="models" lines={4}>
            {(list) =>
              list.length === 0 ? (
                <Empty icon="models" title="No model here" />
              ) : (
                <List models={list} />
              )
            }
          </QueryView>
        </Panel>
      )}
      <ServedModels />
    </Page>
  )
}

function List({ models }: { models: LocalModel[] }) {
  return (
    <DataTable
      caption="Local models"
      minWidth={760}
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
          <Table.Th scope="col" className="number">
            Size
          </Table.Th>
          <Table.Th scope="col">
            <span className="visually-hidden">Actions</span>
          </Table.Th>
        </Table.Tr>
      }
    >
      {models.map((model) => (
        <ModelRow key={model.path || model.name} model={model} />
      ))}
    </DataTable>
  )
}

function ModelRow({ model }: { model: LocalModel }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={600} className="user-text">
        {model.name}
        {model.path !== '' && model.path !== model.name && (
          <Text size="xs" c="dimmed" ff="monospace" className="user-text">
            {model.path}
          </Text>
        )}
      </Table.Th>
      <Table.Td data-label="Kind">{model.kind}</Table.Td>
      <Table.Td className="number" data-label="Dimension">
        <div>
          {count(model.dimension)}
          {model.shorter_dimensions.length > 0 && (
            <Text size="xs" c="dimmed">
              also {model.shorter_dimensions.join(', ')}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td className="number" data-label="Tokens at most">
        {model.tokens_max > 0 ? count(model.tokens_max) : 'any'}
      </Table.Td>
      <Table.Td className="number" data-label="Size">
        {model.size > 0 ? bytes(model.size) : '–'}
      </Table.Td>
      <Table.Td>
        <ModelActions model={model} />
      </Table.Td>
    </Table.Tr>
  )
}
