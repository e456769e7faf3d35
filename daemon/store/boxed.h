// A value that takes the room of a pointer as long as it is what a fresh one is.
//
// For what belongs to a job and few jobs have. Copies are deep, and two are equal where their
// values are.
//
// A value. Thread rule: as of a T.
#pragma once

#include <memory>
#include <utility>

namespace ccd::store {

template <class T>
class Boxed {
public:
    Boxed() = default;
    Boxed(T value) {
        if (value != fresh()) value_ = std::make_unique<T>(std::move(value));
    }
    Boxed(const Boxed& other) : value_(other.value_ ? std::make_unique<T>(*other) : nullptr) {}
    Boxed(Boxed&&) noexcept = default;
    Boxed& operator=(const Boxed& other) { return *this = Boxed{other}; }
    Boxed& operator=(Boxed&&) noexcept = default;
    ~Boxed() = default;

    const T& operator*() const { return value_ ? *value_ : fresh(); }
    const T* operator->() const { return &**this; }

    // To be changed. From now on it takes the room of a T besides.
    T& edit() {
        if (!value_) value_ = std::make_unique<T>();
        return *value_;
    }

    bool operator==(const Boxed& other) const { return **this == *other; }

private:
    static const T& fresh() {
        static const T value{};
        return value;
    }

    std::unique_ptr<T> value_;
};

}  // namespace ccd::store
