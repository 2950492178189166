// Asks the server, a moment after the last change, whether the form could be saved.
import { useEffect, useState } from 'react'

import { changeColumn } from '../api/actions'
import { messageOf } from '../api/client'
import type { ColumnBrief } from '../api/types'
import { fieldError, type FieldError } from './field_error'
import { changeOf, type StepForm } from './step_form'

export type Validation =
  | { state: 'idle' }
  | { state: 'asking' }
  | { state: 'valid'; column: ColumnBrief }
  | { state: 'invalid'; error: FieldError }

const restMs = 350

export function useValidation(dataset: string, column: string, form: StepForm): Validation {
  const [validation, setValidation] = useState<Validation>({ state: 'idle' })
  useEffect(() => {
    if (form.model.trim() === '') {
      setValidation({ state: 'idle' })
      return
    }
    setValidation((before) => (before.state === 'invalid' ? before : { state: 'asking' }))
    const stop = new AbortController()
    const timer = setTimeout(() => {
      changeColumn(dataset, column, { embedding: changeOf(form), dry_run: true }, stop.signal)
        .then((answer) => setValidation({ state: 'valid', column: answer.column }))
        .catch((error: unknown) => {
          if (stop.signal.aborted) return
          setValidation({ state: 'invalid', error: fieldError(messageOf(error)) })
        })
    }, restMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [dataset, column, form])
  return validation
}
