// A visitor of a variant, made of one function for each of its shapes.
#pragma once

namespace ccd::daemon {

template <class... Visit>
struct Overloaded : Visit... {
    using Visit::operator()...;
};
template <class... Visit>
Overloaded(Visit...) -> Overloaded<Visit...>;

}  // namespace ccd::daemon
