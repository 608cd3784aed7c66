#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Called by kubectl (since 1.26) with the words behind `kubectl telltale`: prints what the last of them
# may become, as the completion of telltale itself has it.
plugin=$(dirname "$0")/kubectl-telltale
eval "$("$plugin" completion bash)" || exit 1

COMP_WORDS=("$plugin")
for word; do
	# bash takes --option=value apart for completions
	if [[ $word == --*=* ]]; then
		COMP_WORDS+=("${word%%=*}" "=" "${word#*=}")
	else
		COMP_WORDS+=("$word")
	fi
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_telltale
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
echo :4 # no names of files beside these
