# bash completion for ccctl; made by `ccctl help --completion`.

_ccctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command= options= words= live= socket= before= i=1
    COMPREPLY=()

    # The command is the first word that is neither an option nor an option's value.
    while ((i < COMP_CWORD)); do
        case ${COMP_WORDS[i]} in
        --socket)
            socket=${COMP_WORDS[i + 1]-}
            ((i += 1))
            ;;
        --timeout) ((i += 1)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
        ((i += 1))
    done
    options='--socket --json --timeout --no-color --help --version'
    if [[ -z $command || $command == help ]]; then
        words='submit batch status list logs wait cancel hold release signal retry set why events queue gpus stats health version ping admin help'
    fi
    if [[ $command == job ]] && ((COMP_CWORD == i + 1)); then
        words='submit batch status list logs wait cancel hold release signal retry set why events'
    fi
    if [[ $command == queue ]] && ((COMP_CWORD == i + 1)); then
        words='create put get list stat destroy'
    fi
    if [[ $command == host ]] && ((COMP_CWORD == i + 1)); then
        words='gpus stats health version ping'
    fi
    if [[ $command == admin ]] && ((COMP_CWORD == i + 1)); then
        words='hello check drain resume'
    fi
    case "$command ${COMP_WORDS[i + 1]-}" in
    'submit '* | 'job submit')
        options+=' --name --class --gpus --gpu --vram --exclusive --priority --cpus --memory --time-limit --pool --key --hold --env --cwd --stdin --tag --property --retries --retry-delay --retry-on --after --after-any --array --begin --warn-signal --warn-before --dry-run --clean-env --wait --follow'
        case $previous in
        --name) live=names ;;
        --class) words='training inference cpu' live= ;;
        --gpu) live=cards ;;
        --pool) live=pools ;;
        --tag) live=tags ;;
        --retry-on) words='failed timed-out lost exit signal out-of-memory not-started' live= ;;
        --after) live=jobs ;;
        --after-any) live=jobs ;;
        --gpus | --vram | --priority | --cpus | --memory | --time-limit | --key | --env | --cwd | --stdin | --property | --retries | --retry-delay | --array | --begin | --warn-signal | --warn-before) live= ;;
        esac
        ;;
    'batch '* | 'job batch')
        options+=' --batch-size --delay --retries --retry-delay'
        case $previous in
        --batch-size | --delay | --retries | --retry-delay) live= ;;
        esac
        ;;
    'status '* | 'job status')
        live=jobs
        ;;
    'list '* | 'job list')
        options+=' --state --user --tag --limit --before'
        case $previous in
        --state) words='held queued starting running retrying succeeded failed cancelled timed-out lost' live= ;;
        --user) live=users ;;
        --tag) live=tags ;;
        --limit | --before) live= ;;
        esac
        ;;
    'logs '* | 'job logs')
        options+=' --attempt --follow --tail'
        live=jobs
        case $previous in
        --attempt | --tail) live= ;;
        esac
        ;;
    'wait '* | 'job wait')
        options+=' --any'
        live=jobs
        ;;
    'cancel '* | 'job cancel')
        options+=' --reason'
        live=mine
        case $previous in
        --reason) live= ;;
        esac
        ;;
    'hold '* | 'job hold')
        live=mine
        ;;
    'release '* | 'job release')
        live=mine
        ;;
    'signal '* | 'job signal')
        live=mine
        ;;
    'retry '* | 'job retry')
        live=ended
        ;;
    'set '* | 'job set')
        options+=' --priority --time-limit --name --gpus --vram --cpus --memory --retries --begin'
        live=mine
        case $previous in
        --name) live=names ;;
        --priority | --time-limit | --gpus | --vram | --cpus | --memory | --retries | --begin) live= ;;
        esac
        ;;
    'why '* | 'job why')
        live=jobs
        ;;
    'events '* | 'job events')
        options+=' --since --job --user --state'
        case $previous in
        --job) live=jobs ;;
        --user) live=users ;;
        --state) words='held queued starting running retrying succeeded failed cancelled timed-out lost' live= ;;
        --since) live= ;;
        esac
        ;;
    'queue create')
        options+=' --capacity --message-size --when-full --on-consumer-death --mode'
        case $previous in
        --when-full) words='block fail drop-oldest' live= ;;
        --on-consumer-death) words='drop redeliver' live= ;;
        --capacity | --message-size | --mode) live= ;;
        esac
        ;;
    'queue put')
        options+=' --lines'
        ;;
    'queue get')
        options+=' --count --lines'
        case $previous in
        --count) live= ;;
        esac
        ;;
    'queue list')
        options+=' --limit --after'
        case $previous in
        --limit | --after) live= ;;
        esac
        ;;
    'admin hello')
        options+=' --protocol'
        case $previous in
        --protocol) live= ;;
        esac
        ;;
    'admin check')
        options+=' --repair'
        ;;
    esac

    case $previous in
    --socket | --timeout) words= live= ;;
    esac
    # What only the daemon knows: nothing where none answers.
    if [[ -n $live && $current != -* ]]; then
        words+=" $("${COMP_WORDS[0]}" ${socket:+--socket "$socket"} help --candidates $live 2>/dev/null)"
    fi

    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words ]]; then
        # A list goes on behind its commas.
        [[ $current == *,* ]] && before=${current%,*},
        COMPREPLY=($(compgen -P "$before" -W "$words" -- "${current##*,}"))
    fi
}

# Files where nothing of ours fits: bash itself knows how to quote their names.
complete -o bashdefault -o default -F _ccctl ccctl
