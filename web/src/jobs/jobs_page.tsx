// The queue, what runs, and what is over.
import { Anchor, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'

import { isActive } from '../api/job_list'
import { jobsQuery } from '../api/queries'
import type { Job } from '../api/types'
import { duration } from '../format/format'
import { DataTable } from '../parts/data_table'
import { JobPanel } from '../parts/job_panel'
import { Empty } from '../parts/notes'
import { QueryView } from '../parts/query_view'
import { StatusBadge } from '../parts/status_badge'
import { When } from '../parts/when'
import { datasetAddress } from '../shell/addresses'
import { Page } from '../shell/page'
import { JobResult } from './job_result'

export default function JobsPage() {
  const jobs = useQuery(jobsQuery())
  return (
    <Page
      title="Jobs"
      about="What runs in the background. A job that is cancelled keeps what it has committed."
    >
      <QueryView query={jobs} of="jobs" lines={5}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="jobs" title="No job yet">
              <Text size="sm" c="dimmed">
                Refreshes, compactions and deployments that are started here are listed until the
                server ends.
              </Text>
            </Empty>
          ) : (
            <Stack>
              {/* Those that run before those that wait, each in the order in which they came. */}
              {[...list]
                .filter(isActive)
                .reverse()
                .sort((a, b) => Number(a.state === 'queued') - Number(b.state === 'queued'))
                .map((job) => (
                  <JobPanel key={job.id} job={job} />
                ))}
              <Finished jobs={list.filter((job) => !isActive(job))} />
            </Stack>
          )
        }
      </QueryView>
    </Page>
  )
}

function Finished({ jobs }: { jobs: Job[] }) {
  if (jobs.length === 0) return null
  return (
    <DataTable
      caption="Jobs that are over"
      minWidth={640}
      stacks
      head={
        <Table.Tr>
          <Table.Th scope="col">Job</Table.Th>
          <Table.Th scope="col">State</Table.Th>
          <Table.Th scope="col">Ended</Table.Th>
          <Table.Th scope="col" className="number">
            Took
          </Table.Th>
          <Table.Th scope="col">What came of it</Table.Th>
        </Table.Tr>
      }
    >
      {jobs.map((job) => (
        <Table.Tr key={job.id}>
          <Table.Th scope="row" fw={500} className="user-text">
            {job.dataset === '' ? (
              job.title
            ) : (
              <Anchor component={Link} href={datasetAddress(job.dataset)} size="sm">
                {job.title}
              </Anchor>
            )}
          </Table.Th>
          <Table.Td data-label="State">
            <div>
              <StatusBadge state={job.state} />
            </div>
          </Table.Td>
          <Table.Td data-label="Ended">
            {job.finished_ms !== null && <When ms={job.finished_ms} />}
          </Table.Td>
          <Table.Td className="number" data-label="Took" style={{ whiteSpace: 'nowrap' }}>
            {job.finished_ms !== null && job.started_ms !== null
              ? duration((job.finished_ms - job.started_ms) / 1000)
              : '–'}
          </Table.Td>
          <Table.Td data-label="What came of it" fz="sm" className="user-text" maw={420}>
            <JobResult job={job} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}
