#include "ctl/arguments.h"

#include <algorithm>
#include <bitset>

#include "lib/text/nearest.h"
#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

constexpr std::size_t arguments_limit = 128;  // of one command

bool is_spelled(std::string_view name, std::string_view typed) {
    return std::ranges::equal(name, typed, {}, [](char c) { return c == '_' ? '-' : c; });
}

bool is_option_word(std::string_view word) {
    return word.size() > 1 && word.front() == '-';
}

tl::unexpected<Error> refuse(std::string message) {
    return failure(Errc::bad_request, std::move(message));
}

class Parser {
public:
    Parser(Words words, std::span<const Argument> own, const Parts& parts)
        : words_(words), own_(own), parts_(parts) {}

    Result<void> run() {
        while (!words_.empty()) {
            auto word = take();
            if (word == "--" && !is_ended_)
                is_ended_ = true;
            else if (!is_ended_ && is_option_word(word))
                CCD_TRY(option(word));
            else
                CCD_TRY(operand(word));
        }
        return {};
    }

    // Stops at the first word that is no option; gives how many words were read.
    Result<std::size_t> run_leading() {
        auto all = words_.size();
        while (!words_.empty() && is_option_word(words_.front())) CCD_TRY(option(take()));
        return all - words_.size();
    }

    // Flags and operands, up to `--`, past what is wrong. A program is none of our operands: behind
    // a mistake nobody knows where it begins.
    void read_rest() {
        bool has_program = std::ranges::any_of(own_, &Argument::is_command_line);
        while (!words_.empty() && words_.front() != "--") {
            auto word = take();
            const auto* flag = word.starts_with("--") ? find(word.substr(2)) : nullptr;
            if (flag != nullptr && flag->is_flag)
                static_cast<void>(set(*flag, {}));
            else if (!is_option_word(word) && !has_program)
                static_cast<void>(operand(word));
        }
    }

    Result<void> check_missing() const {
        for (const auto& argument : own_)
            if (argument.must_be_given() && !seen_[index(argument)])
                return refuse(label(argument) + " is missing");
        return {};
    }

private:
    static std::string label(const Argument& argument) {
        return argument.is_option() ? "--" + argument.spelling() : "<" + argument.spelling() + ">";
    }

    std::string_view take() {
        auto word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    std::size_t index(const Argument& argument) const {
        if (argument.part == Part::globals)
            return arguments_limit / 2 +
                   static_cast<std::size_t>(&argument - global_arguments.data());
        return static_cast<std::size_t>(&argument - own_.data());
    }

    const Argument* find(std::string_view name) const {
        for (auto list : {own_, std::span<const Argument>{global_arguments}})
            for (const auto& argument : list)
                if (argument.is_option() && is_spelled(argument.name, name)) return &argument;
        return nullptr;
    }

    Result<void> option(std::string_view word) {
        if (word == "-h") word = "--help";
        auto name = word.substr(0, word.find('='));
        const auto* argument = name.starts_with("--") ? find(name.substr(2)) : nullptr;
        if (argument == nullptr) return unknown(name);
        if (argument->is_flag) {
            if (name != word) return refuse(std::string{name} + " takes no value");
            return set(*argument, {});
        }
        if (name != word) return set(*argument, word.substr(name.size() + 1));
        if (words_.empty()) return refuse(std::string{name} + " needs a value");
        return set(*argument, take());
    }

    Result<void> operand(std::string_view word) {
        for (const auto& argument : own_) {
            bool is_positional =
                argument.place == field::Place::operand || argument.place == field::Place::operands;
            if (!is_positional || (seen_[index(argument)] && !argument.is_list)) continue;
            if (argument.is_command_line) is_ended_ = true;
            return set(argument, word);
        }
        return refuse("unexpected word " + text::quote(word));
    }

    Result<void> set(const Argument& argument, std::string_view text) {
        auto bit = index(argument);
        if (seen_[bit] && !argument.is_list) return refuse(label(argument) + " is given twice");
        seen_.set(bit);
        auto done = argument.set(parts_[static_cast<std::size_t>(argument.part)], text);
        if (!done) done.error().message.insert(0, label(argument) + ": ");
        return done;
    }

    tl::unexpected<Error> unknown(std::string_view name) const {
        std::vector<std::string> spellings;
        for (auto list : {own_, std::span<const Argument>{global_arguments}})
            for (const auto& argument : list)
                if (argument.is_option()) spellings.push_back("--" + argument.spelling());
        std::vector<std::string_view> candidates{spellings.begin(), spellings.end()};
        auto message = "unknown option " + text::quote(name);
        if (auto meant = text::nearest(name, candidates))
            message.append("; did you mean ").append(*meant).append("?");
        return refuse(std::move(message));
    }

    Words words_;
    std::span<const Argument> own_;
    const Parts& parts_;
    std::bitset<arguments_limit> seen_;  // own ones, then the globals from the middle on
    bool is_ended_ = false;              // options are no more expected
};

}  // namespace

std::string Argument::spelling() const {
    std::string typed{name};
    std::ranges::replace(typed, '_', '-');
    return typed;
}

Result<void> parse_words(Words words, std::span<const Argument> arguments, const Parts& parts) {
    Parser parser{words, arguments, parts};
    auto done = parser.run();
    if (!done) {
        parser.read_rest();
        return done;
    }
    const auto* globals = static_cast<const Globals*>(parts[std::size_t{2}]);
    bool is_about_ccctl = globals->help || globals->version;
    return is_about_ccctl ? Result<void>{} : parser.check_missing();
}

bool name_last(std::span<const Argument> arguments, const Parts& parts, job::Id job) {
    bool was_named = false;
    for (const auto& argument : arguments)
        if (argument.replace != nullptr)
            was_named |=
                argument.replace(parts[static_cast<std::size_t>(argument.part)], last_job, job);
    return was_named;
}

void read_flags(Words words, Globals& globals) {
    Parts parts{nullptr, nullptr, &globals};
    Parser{words, {}, parts}.read_rest();
}

Result<std::size_t> parse_leading(Words words, Globals& globals) {
    Parts parts{nullptr, nullptr, &globals};
    return Parser{words, {}, parts}.run_leading();
}

}  // namespace ccd::ctl
