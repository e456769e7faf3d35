#include <algorithm>

#include "ctl/print.h"
#include "ctl/table.h"

namespace ccd::ctl {
namespace {

// The classes that any card has slots for, and their titles.
struct SlotColumns {
    std::vector<std::string> names;
    std::vector<std::string> titles;
};

SlotColumns slot_columns(const std::vector<host::Gpu>& gpus) {
    SlotColumns columns;
    for (const auto& gpu : gpus)
        for (const auto& [name, slots] : gpu.slots)
            if (std::ranges::find(columns.names, name) == columns.names.end())
                columns.names.push_back(name);
    columns.titles = columns.names;
    for (auto& title : columns.titles)
        for (auto& c : title)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return columns;
}

Table table_for(const SlotColumns& slots) {
    std::vector<Column> columns{{"GPU", Column::always, Align::right},
                                {"NAME", 3, Align::left, 8},
                                {"STATE", Column::always},
                                {"MEMORY", 8, Align::right},
                                {"DECLARED", 7, Align::right},
                                {"MEASURED", 6, Align::right},
                                {"FOREIGN", 6, Align::right},
                                {"BUSY", 4, Align::right}};
    for (const auto& title : slots.titles) columns.push_back({title, 9, Align::right});
    columns.push_back({"JOBS", 5, Align::left, 8});
    columns.push_back({"UUID", 2, Align::left, 8});
    return Table{std::move(columns)};
}

// As nvidia-smi tells it, and whose it is.
std::string processes_of(const std::vector<host::Gpu>& gpus, const Look& look) {
    Table table{{{"GPU", Column::always, Align::right},
                 {"PID", Column::always, Align::right},
                 {"USER", 5},
                 {"USES", Column::always, Align::right},
                 {"JOB", 6, Align::right}}};
    for (const auto& gpu : gpus)
        for (const auto& process : gpu.processes) {
            auto uses = process.memory ? text_of(process.memory->count >> 20) + " MiB" : "";
            table.add({{text_of(gpu.index)},
                       {text_of(process.pid)},
                       {text_of(process.user)},
                       {uses},
                       {text_of(process.job)}});
        }
    auto text = table.to_string(look);
    return text.empty() ? text : "\n" + text;
}

std::string reasons_of(const std::vector<host::Gpu>& gpus) {
    std::string text;
    for (const auto& gpu : gpus)
        if (gpu.reason)
            text +=
                "\nGPU " + text_of(gpu.index) + " is " + gpu.state + ": " + text_of(*gpu.reason);
    return text.empty() ? text : text + "\n";
}

}  // namespace

std::string print(host::Gpus, const host::GpusReply& reply, const Look& look) {
    if (reply.gpus.empty()) return "no cards\n";
    auto columns = slot_columns(reply.gpus);
    auto table = table_for(columns);
    for (const auto& gpu : reply.gpus) {
        auto busy = text_of(gpu.utilization_percent);
        std::vector<Cell> row{{text_of(gpu.index)},
                              {gpu.name},
                              {gpu.state, gpu.state == "ok" ? Colour::green : Colour::yellow},
                              {text_of(gpu.memory)},
                              {text_of(gpu.declared)},
                              {text_of(gpu.measured)},
                              {text_of(gpu.foreign)},
                              {busy.empty() ? busy : busy + "%"}};
        for (const auto& name : columns.names) {
            auto slots = gpu.slots.find(name);
            row.push_back({slots == gpu.slots.end() ? std::string{} : text_of(slots->second)});
        }
        row.push_back({text_of(gpu.jobs)});
        row.push_back({gpu.uuid});
        table.add(std::move(row));
    }
    return table.to_string(look) + processes_of(reply.gpus, look) + reasons_of(reply.gpus);
}

}  // namespace ccd::ctl
