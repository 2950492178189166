// The pages and their addresses.
import { lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { usePathname } from 'wouter/use-browser-location'

import { LiveProvider } from './api/live'
import { Loading } from './parts/notes'
import { partsOf } from './shell/addresses'
import { ErrorBoundary } from './shell/error_boundary'
import { NotFoundPage } from './shell/not_found_page'
import { Shell } from './shell/shell'
import { TokenGate } from './shell/token_gate'

const DatasetsPage = lazy(() => import('./datasets/datasets_page'))
const AddDatasetPage = lazy(() => import('./datasets/add_dataset_page'))
const DatasetPage = lazy(() => import('./dataset/dataset_page'))
const ColumnPage = lazy(() => import('./column/column_page'))
const SettingsPage = lazy(() => import('./settings/settings_page'))
const SearchPage = lazy(() => import('./search/search_page'))
const JobsPage = lazy(() => import('./jobs/jobs_page'))
const ModelsPage = lazy(() => import('./models/models_page'))

export function App() {
  const location = usePathname()
  const [, dataset = '', , column = ''] = partsOf(location)
  return (
    <TokenGate>
      <LiveProvider>
        <Shell>
          <ErrorBoundary location={location}>
            <Suspense fallback={<Loading of="the page" lines={4} />}>
              <Switch>
                <Route path="/">
                  <DatasetsPage />
                </Route>
                <Route path="/add">
                  <AddDatasetPage />
                </Route>
                <Route path="/datasets/:dataset/columns/:column/settings">
                  <SettingsPage key={location} dataset={dataset} column={column} />
                </Route>
                <Route path="/datasets/:dataset/columns/:column">
                  <ColumnPage key={location} dataset={dataset} column={column} />
                </Route>
                <Route path="/datasets/:dataset/:tab?">
                  {({ tab }) => <DatasetPage dataset={dataset} tab={tab ?? 'columns'} />}
                </Route>
                <Route path="/search">
                  <SearchPage />
                </Route>
                <Route path="/jobs">
                  <JobsPage />
                </Route>
                <Route path="/models">
                  <ModelsPage />
                </Route>
                <Route>
                  <NotFoundPage />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </Shell>
      </LiveProvider>
    </TokenGate>
  )
}
